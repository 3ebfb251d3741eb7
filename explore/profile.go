package explore

import (
	"errors"
	"net/http"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/internal/cachefile"
	"github.com/vkeras/vkeras/profile"
)

// Bounds of what a profile may take.
const (
	mostBatch = 64
	mostRuns  = 200
)

type profileAnswer struct {
	Device    string          `json:"device"`
	Word      string          `json:"word"`
	Precision string          `json:"precision"`
	Batch     int             `json:"batch"`
	Runs      int             `json:"runs"`
	Clock     string          `json:"clock"`    // device; host: submissions are in the rows
	Total     float64         `json:"total_ms"` // median wall time of runs that were not timed inside
	Account   profile.Account `json:"account"`
	Blocks    []rowAnswer     `json:"blocks"`
	Steps     []rowAnswer     `json:"steps"` // none where the device has no clock of its own
	Roof      *roofAnswer     `json:"roof"`
}

type rowAnswer struct {
	ID      int      `json:"id"` // of the block, or of the node; -1 where it is none
	Name    string   `json:"name"`
	Block   string   `json:"block"`
	MS      float64  `json:"ms"`
	P95     float64  `json:"p95"`
	Share   float64  `json:"share"`
	MACs    int64    `json:"macs"`
	GFLOPS  float64  `json:"gflops"`
	GBS     float64  `json:"gbs"`
	Flop    float64  `json:"flop_per_byte"`
	Bound   string   `json:"bound"` // compute, memory, latency; "" where the roof is not known
	OfRoof  float64  `json:"roof_percent"`
	Kernels []string `json:"kernels"`
}

type roofAnswer struct {
	GFLOPS float64 `json:"gflops"`
	GBS    float64 `json:"gbs"`
	Ridge  float64 `json:"ridge"` // FLOP/B
	How    string  `json:"how"`
}

// profile times the net's parts, as vkeras profile does.
func (x *Explorer) profile(r *http.Request) (any, error) {
	c, err := x.desk.choose(r)
	if err != nil {
		return nil, err
	}
	batch, err := number(r, "batch", 1, 1, mostBatch)
	if err != nil {
		return nil, err
	}
	runs, err := number(r, "runs", 10, 1, mostRuns)
	if err != nil {
		return nil, err
	}
	a := profileAnswer{Word: c.device, Precision: string(c.precision), Batch: batch, Runs: runs, Steps: []rowAnswer{}}
	var m *profile.Measurement
	err = x.desk.alone(r.Context(), func() error {
		device, err := x.desk.device(c.device)
		if err != nil {
			return err
		}
		net, err := profile.Load(device, x.graph, engine.Options{Batch: batch, Precision: c.precision, Tune: x.options.Tune, NoMatrices: x.options.NoMatrices}, false)
		if errors.Is(err, profile.ErrNoSteps) {
			return refuse("%v", err)
		} else if err != nil {
			return err
		}
		folder, _ := cachefile.Folder() // without one the roof is measured every time
		m, err = net.Measure(r.Context(), batch, folder, profile.Options{Model: x.options.File, Runs: runs})
		return errors.Join(err, net.Close())
	})
	if err != nil {
		return nil, err
	}
	blocks, err := m.Report(profile.ByBlock)
	if err != nil {
		return nil, err
	}
	a.Device, a.Clock, a.Total, a.Account = blocks.Device, string(blocks.Clock), blocks.Untimed.Median, blocks.Account
	a.Blocks = x.rows(blocks, x.blockID)
	if r := blocks.Roof; r != nil {
		a.Roof = &roofAnswer{r.GFLOPS, r.GBPerSecond(), r.Ridge(), r.How()}
	}
	steps, err := m.Report(profile.ByStep)
	if err == nil {
		a.Steps = x.rows(steps, x.nodeID)
	} else if !errors.Is(err, profile.ErrByBlock) {
		return nil, err
	}
	return a, nil
}

func (x *Explorer) rows(r *profile.Report, id func(profile.Row) int) []rowAnswer {
	list := []rowAnswer{}
	for _, row := range r.Rows {
		a := rowAnswer{
			ID: id(row), Name: row.Name, Block: row.Block, MS: row.Median, P95: row.P95, Share: row.Share, MACs: row.MACs, GFLOPS: row.GFLOPS, GBS: row.GBPerSecond,
			Flop: row.Intensity, Bound: string(row.Bound), OfRoof: 100 * row.OfRoof, Kernels: []string{},
		}
		for _, k := range row.Kernels {
			a.Kernels = append(a.Kernels, k.Name)
		}
		list = append(list, a)
	}
	return list
}

// blockID returns the first box of a block.
func (x *Explorer) blockID(r profile.Row) int {
	for id, g := range x.groups {
		if g.nodes[0].Block == r.Name {
			return id
		}
	}
	return -1
}

// nodeID returns the node that a step is called after.
func (x *Explorer) nodeID(r profile.Row) int {
	for _, layer := range append([]string{r.Name}, r.Layers...) {
		if n, ok := x.graph.Node(layer); ok {
			return n.Index
		}
	}
	return -1
}
