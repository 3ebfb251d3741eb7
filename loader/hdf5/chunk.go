package hdf5

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

const (
	// maxSpareBytes is what a chunk may be larger than twice its dataset, as
	// those of datasets that can grow are.
	maxSpareBytes = 16 << 20
	// maxInFlightBytes bounds how many chunks are read at the same time.
	maxInFlightBytes = 32 << 20
)

// grid is a dataset's shape cut into chunks. Those at the far edges are stored
// whole, but reach over the shape.
type grid struct {
	dims, maxDims []uint64 // elements of the dataset
	chunk         []uint64 // elements of a chunk
	counts        []uint64 // chunks along each dimension
	elementSize   uint64
	chunkBytes    uint64
}

func newGrid(space dataspace, elementSize int, chunkDims []uint64) (*grid, error) {
	rank := len(space.dims)
	if rank == 0 || len(chunkDims) != rank+1 || chunkDims[rank] != uint64(elementSize) {
		return nil, malformed("chunks of %v for shape %v of %d bytes each", chunkDims, space.dims, elementSize)
	}
	g := &grid{dims: space.dims, maxDims: space.maxDims, chunk: chunkDims[:rank], elementSize: uint64(elementSize)}
	for i, n := range g.chunk {
		if n == 0 || g.maxDims[i] < g.dims[i] {
			return nil, malformed("chunks of %v for shape %v, at most %v", g.chunk, g.dims, g.maxDims)
		}
		g.counts = append(g.counts, ceilDiv(g.dims[i], n))
	}
	var ok bool
	if g.chunkBytes, ok = product(chunkDims...); !ok || g.chunkBytes > 2*space.elements*g.elementSize+maxSpareBytes {
		return nil, malformed("chunks of %v for shape %v", g.chunk, g.dims)
	}
	return g, nil
}

func ceilDiv(a, b uint64) uint64 { return (a-1)/b + 1 }

// total is how many chunks there are, at most as many as elements.
func (g *grid) total() uint64 {
	n, _ := product(g.counts...)
	return n
}

// number returns the row-major number of the chunk at these coordinates, false
// for one outside the shape: files may keep some after a dataset has shrunk.
func (g *grid) number(at []uint64) (uint64, bool) {
	n := uint64(0)
	for i, c := range at {
		if c >= g.counts[i] {
			return 0, false
		}
		n = n*g.counts[i] + c
	}
	return n, true
}

// overEdge says whether the chunk at these coordinates reaches over the shape.
func (g *grid) overEdge(at []uint64) bool {
	for i, c := range at {
		if g.dims[i]-c*g.chunk[i] < g.chunk[i] {
			return true
		}
	}
	return false
}

// place sets the part of dst that the chunk at these coordinates has, row by row: take
// converts the chunk's elements from one on.
func (g *grid) place(dst []float32, at []uint64, take func(row []float32, from uint64)) {
	rank := len(g.dims)
	extent := make([]uint64, rank) // what of the chunk is inside the shape
	for i := range extent {
		extent[i] = min(g.chunk[i], g.dims[i]-at[i]*g.chunk[i])
	}
	row := make([]uint64, rank) // within the chunk; the last stays 0
	for {
		var to, from uint64
		for i := range rank {
			to = to*g.dims[i] + at[i]*g.chunk[i] + row[i]
			from = from*g.chunk[i] + row[i]
		}
		take(dst[to:to+extent[rank-1]], from)
		i := rank - 2
		for ; i >= 0; i-- {
			if row[i]++; row[i] < extent[i] {
				break
			}
			row[i] = 0
		}
		if i < 0 {
			return
		}
	}
}

// storedChunk is an entry of a chunk index.
type storedChunk struct {
	addr, size uint64
	mask       uint32 // filters that were left out
}

// chunkReader reads all chunks of a dataset into dst.
type chunkReader struct {
	*walk
	*grid
	filters    pipeline
	plainEdges bool
	dst        []float32
	decode     decodeFunc
	native     bool     // elements are float32 as in memory
	seen       []uint64 // a bit for each chunk
	workers    *errgroup.Group
	failed     context.Context // done when a worker has
}

// readChunks sets the elements of all chunks that the file has.
func (d *Dataset) readChunks(dst []float32, c chunked, decode decodeFunc) error {
	r, err := d.chunks(c)
	if err != nil {
		return err
	}
	r.dst, r.decode = dst, decode
	r.workers, r.failed = errgroup.WithContext(context.Background())
	r.workers.SetLimit(max(1, min(runtime.GOMAXPROCS(0), int(maxInFlightBytes/r.chunkBytes))))
	indexErr := r.eachChunk(r.grid, c, len(r.filters) > 0, r.start)
	if err := r.workers.Wait(); err != nil {
		return err
	}
	return indexErr
}

// chunks returns what reads chunks, yet without a place to read them to.
func (d *Dataset) chunks(c chunked) (*chunkReader, error) {
	body, err := d.find(msgFilters)
	if err != nil {
		return nil, err
	}
	filters, err := d.f.parsePipeline(body)
	if err != nil {
		return nil, fmt.Errorf("filters: %w", err)
	}
	g, err := newGrid(d.space, d.typ.size, c.dims)
	if err != nil {
		return nil, err
	}
	r := &chunkReader{walk: d.f.walk(), grid: g, filters: filters, plainEdges: c.plainEdges, native: d.typ.native()}
	r.seen = make([]uint64, ceilDiv(g.total(), 64))
	return r, nil
}

// oneChunk returns what begins to read the elements of a dataset that is one chunk,
// and nothing else, in order; nil for others. They must lie in memory as they do in
// the chunk.
func (d *Dataset) oneChunk(c chunked) func() partReader {
	r, err := d.chunks(c)
	if err != nil || !slices.Equal(r.chunk, r.dims) {
		return nil
	}
	var only storedChunk
	var filters pipeline
	found := false
	err = r.eachChunk(r.grid, c, len(r.filters) > 0, func(at []uint64, s storedChunk) error {
		applied, ok, err := r.admit(at, s)
		if ok {
			only, filters, found = s, applied, true
		}
		return err
	})
	if err != nil || !found {
		return nil
	}
	return func() partReader {
		var mem *scratch
		var b []byte
		var shuffled bool
		return func(dst []float32, from int) error {
			if mem == nil {
				spare := d.f.spare()
				var err error
				if b, shuffled, err = r.undo(spare, only, filters); err != nil {
					return err
				}
				mem = spare
			}
			if shuffled {
				unshuffle(bytesOf(dst), b, int(r.elementSize), from)
			} else {
				copy(bytesOf(dst), b[uint64(from)*r.elementSize:])
			}
			if uint64(from+len(dst)) == d.space.elements {
				d.f.scratch.Put(mem)
				mem = nil
			}
			return nil
		}
	}
}

// start checks a chunk and has it read; at is only valid during the call.
func (r *chunkReader) start(at []uint64, s storedChunk) error {
	if err := r.failed.Err(); err != nil {
		return err
	}
	filters, ok, err := r.admit(at, s)
	if !ok {
		return err
	}
	at = slices.Clone(at)
	r.workers.Go(func() error {
		if err := r.readChunk(at, s, filters); err != nil {
			return fmt.Errorf("chunk %v: %w", at, err)
		}
		return nil
	})
	return nil
}

// admit checks a chunk, and returns the filters that were applied to it; false for
// one that is not stored, or outside the shape.
func (r *chunkReader) admit(at []uint64, s storedChunk) (filters pipeline, ok bool, err error) {
	number, ok := r.number(at)
	if !ok || s.addr == undefined {
		return nil, false, nil
	}
	bit := uint64(1) << (number % 64)
	if r.seen[number/64]&bit != 0 {
		return nil, false, malformed("chunk %v is there twice", at)
	}
	r.seen[number/64] |= bit
	filters = r.filters.applied(s.mask)
	if r.plainEdges && r.overEdge(at) {
		filters = nil
	}
	if err := filters.checkStored(s.size, r.chunkBytes); err != nil {
		return nil, false, err
	}
	if err := r.f.check(s.addr, s.size); err != nil {
		return nil, false, err
	}
	if err := r.spend(s.size); err != nil {
		return nil, false, err
	}
	return filters, true, nil
}

// spare returns memory for a chunk, to be put back.
func (f *File) spare() *scratch {
	if mem, ok := f.scratch.Get().(*scratch); ok {
		return mem
	}
	return new(scratch)
}

// undo reads a chunk into mem and takes back its filters, all but a shuffle of whole
// elements: that is taken back as rows are, without a chunk's memory of its own.
func (r *chunkReader) undo(mem *scratch, s storedChunk, filters pipeline) (b []byte, shuffled bool, err error) {
	mem.stored = resized(mem.stored, s.size)
	if err := r.f.readFull(mem.stored, s.addr); err != nil {
		return nil, false, err
	}
	shuffled = len(filters) > 0 && filters[0].id == filterShuffle && uint64(filters[0].elementSize) == r.elementSize
	if shuffled {
		filters = filters[1:]
	}
	b, err = mem.undo(filters, mem.stored, r.chunkBytes)
	return b, shuffled, err
}

func (r *chunkReader) readChunk(at []uint64, s storedChunk, filters pipeline) error {
	mem := r.f.spare()
	defer r.f.scratch.Put(mem)
	b, shuffled, err := r.undo(mem, s, filters)
	if err != nil {
		return err
	}
	r.place(r.dst, at, func(row []float32, from uint64) {
		if !shuffled {
			r.decode(row, b[from*r.elementSize:])
			return
		}
		if r.native {
			unshuffle(bytesOf(row), b, int(r.elementSize), int(from))
			return
		}
		mem.row = resized(mem.row, uint64(len(row))*r.elementSize)
		unshuffle(mem.row, b, int(r.elementSize), int(from))
		r.decode(row, mem.row)
	})
	return nil
}
