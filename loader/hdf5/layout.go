package hdf5

// Classes of data layouts (IV.A.2.i).
const (
	layoutCompact    = 0
	layoutContiguous = 1
	layoutChunked    = 2
	layoutVirtual    = 3
)

// Chunk indexes: those of layout version 4, and the only one of version 3.
const (
	indexBTree1          = 0
	indexSingle          = 1
	indexImplicit        = 2
	indexFixedArray      = 3
	indexExtensibleArray = 4
	indexBTree2          = 5
)

// layout is where the data of a dataset are.
type layout struct {
	class   uint8
	compact []byte
	addr    uint64 // of the data, or of the chunks' index
	size    uint64 // of contiguous data, in bytes
	chunked chunked
}

// chunked is how the data of a dataset are cut into chunks.
type chunked struct {
	index      uint8
	addr       uint64   // of the index
	dims       []uint64 // elements in a chunk along each dimension; last, an element's bytes
	plainEdges bool     // chunks over the edge of the shape go through no filter
	// Of the chunk of indexSingle, 0 where it is not filtered.
	singleSize uint64
	singleMask uint32
}

// parseLayout reads a data layout message (IV.A.2.i), versions 3 and 4.
func (f *File) parseLayout(body []byte) (layout, error) {
	d := f.decoder(body)
	version := d.u8()
	if d.err == nil && (version < 3 || version > 4) {
		return layout{}, unsupported("message version %d", version)
	}
	l := layout{class: d.u8()}
	switch l.class {
	case layoutCompact:
		l.compact = d.bytes(uint64(d.u16()))
	case layoutContiguous:
		l.addr, l.size = d.offset(), d.length()
	case layoutChunked:
		var err error
		if version == 3 {
			l.chunked = d.chunked3()
		} else if l.chunked, err = d.chunked4(); err != nil {
			return l, err
		}
		l.addr = l.chunked.addr
	case layoutVirtual:
		return l, unsupported("virtual dataset")
	default:
		return l, unsupported("class %d", l.class)
	}
	return l, d.err
}

func (d *decoder) chunked3() chunked {
	rank := int(d.u8())
	return chunked{index: indexBTree1, addr: d.offset(), dims: d.chunkDims(rank, 4)}
}

func (d *decoder) chunked4() (chunked, error) {
	flags, rank, width := d.u8(), int(d.u8()), int(d.u8())
	if d.err == nil && (width < 1 || width > 8) {
		return chunked{}, malformed("chunk dimensions of %d bytes", width)
	}
	c := chunked{plainEdges: flags&1 != 0, dims: d.chunkDims(rank, width)}
	c.index = d.u8()
	// The parameters of an index are skipped: its header repeats them.
	switch c.index {
	case indexSingle:
		if flags&(1<<1) != 0 {
			c.singleSize, c.singleMask = d.length(), d.u32()
		}
	case indexImplicit:
	case indexFixedArray:
		d.skip(1)
	case indexExtensibleArray:
		d.skip(5)
	case indexBTree2:
		d.skip(4 + 1 + 1)
	default:
		if d.err == nil {
			return c, unsupported("chunk index %d", c.index)
		}
	}
	c.addr = d.offset()
	return c, d.err
}

func (d *decoder) chunkDims(rank, width int) []uint64 {
	dims := make([]uint64, rank)
	for i := range dims {
		dims[i] = d.uint(width)
	}
	return dims
}
