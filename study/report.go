package study

import "github.com/vkeras/vkeras/nn"

// Report is the result of Compare or Inspect.
type Report struct {
	Schema string   `json:"schema"`
	Device string   `json:"device,omitempty"` // what measured; "" where nothing was
	Input  nn.Shape `json:"input"`            // of one picture
	Runs   int      `json:"timed_runs"`       // of each net, taken in turn
	Nets   []*Net   `json:"nets"`

	Accuracy *Accuracy `json:"accuracy,omitempty"` // of the variants, trained alike
}

// Net is what was found in one network.
type Net struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
	Summary string   `json:"summary,omitempty"`
	Paper   string   `json:"paper,omitempty"`
	Section string   `json:"section,omitempty"`
	Source  string   `json:"source,omitempty"`
	Note    string   `json:"note,omitempty"` // what could not be measured, and why

	Cost
	Pixels   Coverage   `json:"input_pixels"` // how much of the picture is read
	Reach    *Influence `json:"pixels_to_output,omitempty"`
	Blocks   []*Block   `json:"halving_blocks"`
	Sights   []*Sight   `json:"receptive_fields"`
	Places   []Place    `json:"places"` // where positions are dropped
	Unneeded []Unneeded `json:"unneeded"`

	graph *nn.Graph
}

// Cost is what a network or a block costs, for one picture.
type Cost struct {
	Parameters   int64   `json:"parameters"`
	MACs         int64   `json:"macs"`              // as written
	Demanded     int64   `json:"macs_after_demand"` // of the program that runs
	Milliseconds float64 `json:"ms,omitempty"`      // median, on the device
}

// Block is a block that halves its feature map.
type Block struct {
	Name   string   `json:"block"`
	Layer  string   `json:"input_layer"`
	Input  nn.Shape `json:"input_shape"`
	Output nn.Shape `json:"output_shape"`
	Cost
	Coverage Coverage   `json:"coverage"`
	OnBlock  *Influence `json:"to_block_output,omitempty"` // of its input's positions
	OnNet    *Influence `json:"to_net_output,omitempty"`

	Readers []Readers `json:"-"` // by position of the input
	reads   *Grid     // how often each is read for what the network wants
	alone   *Grid     // and for all that the block computes
	halving Halving
}

// Influence is what changing positions one by one did to an output.
type Influence struct {
	Every     int     `json:"every"`     // 1: of all positions; n: of each n-th row and column
	Positions int     `json:"positions"` // that the figures are of
	Tested    int     `json:"tested"`    // of them; the others are of a kind of which all that were tested did the same
	Changed   int     `json:"changed"`   // positions that change the output by a bit or more
	Share     float64 `json:"changed_share"`

	UnreadChanged int `json:"unread_but_changed"` // 0, or demand is wrong
	ReadUnchanged int `json:"read_but_unchanged"` // hidden by rectifiers or by rounding

	Checked int `json:"checked_on_reference"`
	Agreed  int `json:"agreed"` // changed on both or on neither, by the same within 2 percent

	Effect []float64 `json:"-"` // by position, row by row: sum of absolute differences; NaN where it was not tested
}

// Sight is the receptive field of a stage's end on the picture.
type Sight struct {
	Block string   `json:"block"`
	Layer string   `json:"layer"`
	Shape nn.Shape `json:"shape"`
	Field Field    `json:"field"`
	Size  [2]int   `json:"theoretical_size"` // pixels, height and width; padding counted

	// What changing pixels did to the centre position.
	Tested  int     `json:"tested,omitempty"`
	Changed int     `json:"changed,omitempty"`
	Side    float64 `json:"effective_side,omitempty"` // pixels: of a square as large as the pixels that make 90 % of the change

	Every  int       `json:"every,omitempty"`
	Effect []float64 `json:"-"` // by tested pixel
	node   *nn.Node
}
