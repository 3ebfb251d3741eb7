package validate

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/internal/archive"
	"github.com/vkeras/vkeras/internal/infile"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
)

// ErrArrays is a file that does not hold float arrays as NumPy writes them.
var ErrArrays = errors.New("not a .npz or .npy file of float arrays")

// maxArrays bounds the arrays of a file: more than any network has layers.
const maxArrays = 1 << 16

// maxFloats bounds the elements of all arrays of a .npz file of that many bytes:
// what networks compute hardly shrinks, while a small file may claim a thousand
// times its size.
func maxFloats(file int64) int64 { return file + 32<<20 }

// OpenArrays reads what is right for a graph from a file of NumPy's: a .npz of
// layers' outputs, or a .npy of the graph's only output.
func OpenArrays(ctx context.Context, name string, g *nn.Graph) (Arrays, error) {
	f, err := infile.Open(ctx, name)
	if err != nil {
		return Arrays{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Arrays{}, err
	}
	var a Arrays
	if start := make([]byte, len(npy.Magic)); startsWith(f, start) && string(start) == npy.Magic {
		a, err = outputArray(f, g)
	} else {
		a, err = ReadArrays(f, info.Size())
	}
	if err != nil {
		return Arrays{}, fmt.Errorf("%s: %w", name, err)
	}
	a.Source = filepath.Base(name)
	return a, nil
}

func startsWith(r io.ReaderAt, start []byte) bool {
	n, _ := r.ReadAt(start, 0)
	return n == len(start)
}

// outputArray reads a .npy file as the graph's output.
func outputArray(r io.Reader, g *nn.Graph) (Arrays, error) {
	if len(g.Outputs) != 1 {
		return Arrays{}, fmt.Errorf("one array for a model of %d outputs: save them by name with numpy.savez", len(g.Outputs))
	}
	t, err := ReadArray(r)
	if err != nil {
		return Arrays{}, err
	}
	return Arrays{Tensors: map[string]*nn.Tensor{Arrays{}.names(g)[g.Outputs[0]]: t}}, nil
}

// OpenArray reads a .npy file.
func OpenArray(ctx context.Context, name string) (*nn.Tensor, error) {
	f, err := infile.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := ReadArray(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// ReadArrays reads what numpy.savez or numpy.savez_compressed wrote: a zip file
// of .npy files of dtype float16, float32 or float64, in C order. Numbers are
// rounded to float32. Memory is bounded by the file's size.
func ReadArrays(r io.ReaderAt, size int64) (Arrays, error) {
	members, err := archive.Open(r, size, maxArrays)
	if err != nil {
		return Arrays{}, fmt.Errorf("%w: %w", ErrArrays, err)
	}
	a := Arrays{Source: "arrays", Tensors: map[string]*nn.Tensor{}}
	left := maxFloats(size)
	for _, member := range slices.Sorted(maps.Keys(members)) {
		name := strings.TrimSuffix(member, ".npy")
		if _, twice := a.Tensors[name]; twice {
			return Arrays{}, fmt.Errorf("%w: array %q is there twice", ErrArrays, name)
		}
		t, err := readMember(members[member], left)
		if err != nil {
			return Arrays{}, fmt.Errorf("array %q: %w", name, err)
		}
		left -= int64(len(t.Data))
		a.Tensors[name] = t
	}
	return a, nil
}

// readMember reads one array, of at most that many elements.
func readMember(f *zip.File, most int64) (*nn.Tensor, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArrays, err)
	}
	defer r.Close()
	return readArray(r, func(n int) ([]float32, error) {
		if int64(n) > most {
			return nil, fmt.Errorf("%w: %d elements, with those of other arrays too many for the file's size", ErrArrays, n)
		}
		return make([]float32, 0, n), nil
	})
}

// ReadArray reads a .npy file to its end, as ReadArrays does those of a .npz.
// Memory follows what is there, not what the header claims.
func ReadArray(r io.Reader) (*nn.Tensor, error) {
	return readArray(r, func(int) ([]float32, error) { return nil, nil })
}

// readArray reads an array to the end of r. alloc makes room for what the header
// claims; what is beyond it is made while reading.
func readArray(r io.Reader, alloc func(elements int) ([]float32, error)) (*nn.Tensor, error) {
	r = bufio.NewReaderSize(r, 1<<16)
	a, err := npy.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArrays, err)
	}
	n, err := a.Shape.Elements()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArrays, err)
	}
	data, err := alloc(n)
	if err != nil {
		return nil, err
	}
	for len(data) < n {
		from := len(data)
		piece := min(n-from, 1<<14)
		data = slices.Grow(data, piece)[:from+piece]
		if err := a.Read(data[from:]); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrArrays, err)
		}
	}
	// Read to the end, where the zip's checksum is compared.
	switch rest, err := io.Copy(io.Discard, r); {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrArrays, err)
	case rest > 0:
		return nil, fmt.Errorf("%w: %d bytes follow the array", ErrArrays, rest)
	}
	return &nn.Tensor{Shape: a.Shape, Data: data}, nil
}
