package loader

import (
	"github.com/vkeras/vkeras/nn"
)

// Levels are the whole numbers from 0 on that histograms of pictures count: two
// digits each.
const (
	digits = 16
	levels = digits * digits
)

// localEqualization is ContrastLimitedAdaptiveHistogramEqualization (Pizer et al.
// 1987, Zuiderveld 1994): the picture is cut into tiles, of each of which the
// histogram says what becomes of a level; a pixel takes the mean of what the four
// tiles around it say, by its distance from their middles.
func localEqualization(f *fields, in []nn.Shape) []stage {
	f.channelsLast()
	f.ignore("factor", "bounding_box_format")
	ends, grid, limit, s := f.floats("value_range"), f.pair("tile_grid_size"), f.float("clip_limit"), first(in)
	if len(ends) != 2 || len(s) != 3 || ends[0] == ends[1] {
		f.fail(malformed("value_range: expected two numbers, and (H, W, C) as input, found %v", s))
		return nil
	}
	e := equalizer{composer: composer{in: in}, picture: s, grid: grid}
	for axis, n := range grid {
		if n < 1 || n > s[axis] {
			f.fail(malformed("tile_grid_size: %v tiles of an input of %v", grid, s))
			return nil
		}
		if e.tile[axis] = (s[axis] + n - 1) / n; e.tile[axis]*n > 2*s[axis] {
			f.fail(malformed("tile_grid_size: %v tiles, which an input of %v and its reflection do not fill", grid, s))
			return nil
		}
	}
	x, plain := input(0), ends[0] == 0 && ends[1] == levels-1
	if !plain {
		x = e.scaled("/levels", x, ends[0], ends[1], 0, levels-1)
	}
	zero, most := e.constant("/black", x, 0), e.constant("/white", x, levels-1)
	bounded := e.add("/bounded", &nn.Binary{Func: nn.Minimum}, e.add("/positive", &nn.Binary{Func: nn.Maximum}, x, zero), most)
	pixels := e.add("/pixels", &nn.Unary{Func: nn.Trunc}, bounded)
	y, ok := e.looked(pixels, e.tables(e.histograms(pixels), limit))
	if !ok {
		f.fail(malformed("tile_grid_size: tiles of %v pixels", e.tile))
		return nil
	}
	if !plain {
		y = e.scaled("/range", y, 0, levels-1, ends[0], ends[1])
	}
	e.stages[y].suffix = ""
	return e.stages
}

// equalizer composes the stages of localEqualization.
type equalizer struct {
	composer
	picture    nn.Shape
	grid, tile [2]int // tiles, and the pixels of each: rows, columns
}

// constant adds a number for each picture of like's batch.
func (e *equalizer) constant(name string, like int, v float32) int {
	return e.add(name, &nn.Constant{Value: &nn.Tensor{Shape: nn.Shape{1}, Data: []float32{v}}}, like)
}

// scaled maps a range of values to another: first to that from 0 to 1, as Keras does.
func (e *equalizer) scaled(name string, x int, low, high, newLow, newHigh float32) int {
	x = e.add(name+"_above", &nn.Rescale{Scale: []float32{1}, Offset: []float32{-low}}, x)
	if span := high - low; span != 1 {
		x = e.add(name+"_share", &nn.Binary{Func: nn.Divide}, x, e.constant(name+"_span", x, span))
	}
	return e.add(name, &nn.Rescale{Scale: []float32{newHigh - newLow}, Offset: []float32{newLow}}, x)
}

// digits compares the first and the last digit of numbers of a shape whose last axis
// is 1 with all digits: each is 1 at its place, and 0 elsewhere.
func (e *equalizer) digits(name string, x int) (first, last int) {
	all := nn.NewTensor(digits)
	for i := range all.Data {
		all.Data[i] = float32(i)
	}
	first = e.add(name+"_first", &nn.Unary{Func: nn.Floor}, e.add(name+"_sixteenths", &nn.Rescale{Scale: []float32{1. / digits}, Offset: []float32{0}}, x))
	last = e.add(name+"_last", &nn.Binary{Func: nn.Subtract}, x, e.add(name+"_sixteens", &nn.Rescale{Scale: []float32{digits}, Offset: []float32{0}}, first))
	places := e.add(name+"_digits", &nn.Constant{Value: all}, x)
	return e.add(name+"_first_is", &nn.Binary{Func: nn.Equal}, first, places), e.add(name+"_last_is", &nn.Binary{Func: nn.Equal}, last, places)
}

// apart cuts a picture of so many tiles into them: (tiles and channels, pixels, 1).
func (e *equalizer) apart(name string, x int, tiles [2]int) int {
	channels := e.picture[2]
	x = e.add(name, &nn.Reshape{Target: nn.Shape{tiles[0], e.tile[0], tiles[1], e.tile[1], channels}}, x)
	x = e.add(name+"_apart", &nn.Transpose{Axes: []int{0, 2, 4, 1, 3}}, x)
	return e.add(name+"_pixels", &nn.Reshape{Target: nn.Shape{tiles[0] * tiles[1] * channels, e.tile[0] * e.tile[1], 1}}, x)
}

// histograms counts each tile's pixels of each level: (tiles and channels, levels). The
// last tiles are filled with the picture's reflection.
func (e *equalizer) histograms(pixels int) int {
	x := pixels
	for axis, name := range []string{"/rows", "/columns"} {
		n := e.picture[axis]
		if all := e.grid[axis] * e.tile[axis]; all > n {
			positions := make([]int32, all)
			for i := range positions {
				if positions[i] = int32(i); i >= n {
					positions[i] = int32(paddings["symmetric"](i, n))
				}
			}
			x = e.add(name, &nn.Gather{Axis: axis, Positions: positions}, x)
		}
	}
	first, last := e.digits("/tile", e.apart("/tiles", x, e.grid))
	x = e.add("/counts", &nn.MatMul{TransposeA: true}, first, last)
	return e.add("/histograms", &nn.Reshape{Target: nn.Shape{e.grid[0] * e.grid[1] * e.picture[2], levels}}, x)
}

// tables makes what becomes of each level of histograms: of the shares of pixels up to
// it. What exceeds the limit, in tiles of even histograms, goes to all levels alike.
func (e *equalizer) tables(x int, limit float32) int {
	area := e.tile[0] * e.tile[1]
	if limit > 0 {
		most := e.constant("/limit", x, float32(float64(limit)*float64(area)/levels))
		clipped := e.add("/clipped", &nn.Binary{Func: nn.Minimum}, x, most)
		over := e.add("/over", &nn.Binary{Func: nn.Subtract}, x, clipped)
		excess := e.add("/excess", &nn.Reduce{Func: nn.ReduceSum, Axes: []int{1}, KeepDims: true}, over)
		each := e.add("/excess_each", &nn.Rescale{Scale: []float32{1. / levels}, Offset: []float32{0}}, excess)
		x = e.add("/redistributed", &nn.Add{}, clipped, each)
	}
	sums := nn.NewTensor(levels, levels)
	for i := range sums.Data {
		if i/levels <= i%levels {
			sums.Data[i] = 1
		}
	}
	x = e.add("/up_to", &nn.MatMul{}, x, e.add("/up_to_ones", &nn.Constant{Value: sums}, x))
	least := e.add("/least", &nn.Reduce{Func: nn.ReduceMin, Axes: []int{1}, KeepDims: true}, x)
	above := e.add("/above", &nn.Rescale{Scale: []float32{levels - 1}, Offset: []float32{0}}, e.add("/above_least", &nn.Binary{Func: nn.Subtract}, x, least))
	rest := e.add("/rest", &nn.Rescale{Scale: []float32{-1}, Offset: []float32{float32(area)}}, least)
	none := e.add("/rest_none", &nn.Binary{Func: nn.Equal}, rest, e.constant("/none", rest, 0))
	x = e.add("/share", &nn.Binary{Func: nn.Divide}, above, e.add("/rest_or_1", &nn.Add{}, rest, none))
	return e.add("/tables", &nn.Activation{Func: nn.ReLU, Max: levels - 1}, x)
}

// lattice says, along one axis, between which tiles' middles the picture's positions
// lie: the gaps in front of the first tile's, between two each and behind the last
// one's have as many slots each as a tile has positions.
type lattice struct {
	slots         []int32    // the position in each, -1: none
	of            []int32    // the slot of each position
	share         *nn.Tensor // how much the tile behind a gap counts in each slot
	before, after []int32    // the tiles in front of the gaps and behind them
}

// lattice returns that of an axis; false: there are too many positions for Keras's
// distances, which are float32, to tell from each other.
func (e *equalizer) lattice(axis int) (l lattice, ok bool) {
	n, tiles, side := e.picture[axis], e.grid[axis], e.tile[axis]
	l = lattice{slots: make([]int32, (tiles+1)*side), share: nn.NewTensor((tiles + 1) * side)}
	for i := range l.slots {
		l.slots[i] = -1
	}
	last, start := -1, 0
	for i := range n {
		at := (float32(i)-float32(side)/2)/float32(side) + 1
		gap := int(at)
		if gap > tiles {
			return l, false
		}
		if gap > last {
			last, start = gap, i
		}
		k := i - start
		if k >= side {
			return l, false
		}
		l.slots[gap*side+k], l.share.Data[gap*side+k] = int32(i), at-float32(gap)
		l.of = append(l.of, int32(gap*side+k))
	}
	for gap := range tiles + 1 {
		l.before, l.after = append(l.before, int32(max(gap-1, 0))), append(l.after, int32(min(gap, tiles-1)))
	}
	return l, true
}

// looked is what the tables make of pixels, as far as their distances can be told from
// each other: (H, W, C). What the table of a tile says of a pixel is the number in the
// row of its first digit and the column of its last.
func (e *equalizer) looked(pixels, tables int) (y int, ok bool) {
	rows, okRows := e.lattice(0)
	columns, okColumns := e.lattice(1)
	if !okRows || !okColumns {
		return 0, false
	}
	channels, gaps := e.picture[2], [2]int{e.grid[0] + 1, e.grid[1] + 1}
	x := e.add("/gap_columns", &nn.Gather{Axis: 1, Positions: columns.slots}, e.add("/gap_rows", &nn.Gather{Axis: 0, Positions: rows.slots}, pixels))
	first, last := e.digits("/gap", e.apart("/gaps", x, gaps))
	apart := nn.Shape{gaps[0], gaps[1], channels, e.tile[0], e.tile[1]}
	all := e.add("/table_map", &nn.Reshape{Target: nn.Shape{e.grid[0], e.grid[1], channels * levels}}, tables)
	corner := func(name string, row, column []int32) int {
		x := e.add(name+"_columns", &nn.Gather{Axis: 1, Positions: column}, e.add(name+"_rows", &nn.Gather{Axis: 0, Positions: row}, all))
		x = e.add(name+"_tables", &nn.Reshape{Target: nn.Shape{gaps[0] * gaps[1] * channels, digits, digits}}, x)
		x = e.add(name+"_of_last", &nn.Binary{Func: nn.Where}, last, e.add(name+"_of_first", &nn.MatMul{}, first, x))
		x = e.add(name+"_said", &nn.Reduce{Func: nn.ReduceSum, Axes: []int{2}}, x)
		return e.add(name, &nn.Reshape{Target: apart}, x)
	}
	above := e.mixed("/above_mixed", columns.share, nn.Shape{gaps[1], 1, 1, e.tile[1]}, corner("/above_left", rows.before, columns.before), corner("/above_right", rows.before, columns.after))
	below := e.mixed("/below_mixed", columns.share, nn.Shape{gaps[1], 1, 1, e.tile[1]}, corner("/below_left", rows.after, columns.before), corner("/below_right", rows.after, columns.after))
	y = e.mixed("/mixed", rows.share, nn.Shape{gaps[0], 1, 1, e.tile[0], 1}, above, below)
	y = e.add("/together", &nn.Transpose{Axes: []int{0, 3, 1, 4, 2}}, y)
	y = e.add("/slots", &nn.Reshape{Target: nn.Shape{len(rows.slots), len(columns.slots), channels}}, y)
	y = e.add("/equalized_rows", &nn.Gather{Axis: 0, Positions: rows.of}, y)
	return e.add("/equalized", &nn.Gather{Axis: 1, Positions: columns.of}, y), true
}

// mixed is a (1 - share) + b share, of shares in another shape.
func (e *equalizer) mixed(name string, share *nn.Tensor, shape nn.Shape, a, b int) int {
	of := e.add(name+"_share", &nn.Constant{Value: &nn.Tensor{Shape: shape, Data: share.Data}}, a)
	rest := e.add(name+"_rest", &nn.Rescale{Scale: []float32{-1}, Offset: []float32{1}}, of)
	return e.add(name, &nn.Add{}, e.add(name+"_first", &nn.Multiply{}, a, rest), e.add(name+"_second", &nn.Multiply{}, b, of))
}
