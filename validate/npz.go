package validate

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/x448/float16"

	"github.com/vkeras/vkeras/nn"
)

// ErrArrays is a file that does not hold float arrays as NumPy writes them.
var ErrArrays = errors.New("not a .npz or .npy file of float arrays")

// Bounds of what is read: more than any network's outputs for a batch.
const (
	maxArrays     = 100_000
	maxArrayBytes = 4 << 30 // of all arrays together, unpacked
	maxNPYHeader  = 1 << 16
	maxArrayRank  = 32 // NumPy's own bound
)

// OpenArrays reads what is right for a graph from a file of NumPy's: a .npz of
// layers' outputs, or a .npy of the graph's only output.
func OpenArrays(name string, g *nn.Graph) (Arrays, error) {
	f, err := os.Open(name)
	if err != nil {
		return Arrays{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Arrays{}, err
	}
	var a Arrays
	if start := make([]byte, len(npyMagic)); startsWith(f, start) && string(start) == npyMagic {
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
func OpenArray(name string) (*nn.Tensor, error) {
	f, err := os.Open(name)
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
// of .npy files (NumPy Enhancement Proposal 1) of dtype float16, float32 or float64, in C
// order. Numbers are rounded to float32. Memory follows what is there, not what
// headers claim.
func ReadArrays(r io.ReaderAt, size int64) (Arrays, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return Arrays{}, fmt.Errorf("%w: %w", ErrArrays, err)
	}
	if len(archive.File) > maxArrays {
		return Arrays{}, fmt.Errorf("%w: it has %d entries", ErrArrays, len(archive.File))
	}
	a := Arrays{Source: "arrays", Tensors: map[string]*nn.Tensor{}}
	left := int64(maxArrayBytes)
	for _, f := range archive.File {
		name := strings.TrimSuffix(f.Name, ".npy")
		if _, twice := a.Tensors[name]; twice {
			return Arrays{}, fmt.Errorf("%w: array %q is there twice", ErrArrays, name)
		}
		t, err := readEntry(f, &left)
		if err != nil {
			return Arrays{}, fmt.Errorf("array %q: %w", name, err)
		}
		a.Tensors[name] = t
	}
	return a, nil
}

// readEntry reads one array; left is how many more bytes may be unpacked.
func readEntry(f *zip.File, left *int64) (*nn.Tensor, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArrays, err)
	}
	defer r.Close()
	bounded := &io.LimitedReader{R: r, N: *left}
	t, err := ReadArray(bounded)
	if bounded.N <= 0 {
		return nil, fmt.Errorf("%w: more than %d bytes of arrays", ErrArrays, int64(maxArrayBytes))
	}
	*left = bounded.N
	return t, err
}

// ReadArray reads a .npy file to its end, as ReadArrays does those of a .npz.
func ReadArray(r io.Reader) (*nn.Tensor, error) {
	r = bufio.NewReaderSize(r, 1<<16)
	shape, width, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	n, err := shape.Elements()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArrays, err)
	}
	var data []float32
	const piece = 1 << 14 // elements
	raw := make([]byte, width*min(n, piece))
	for len(data) < n {
		part := raw[:width*min(n-len(data), piece)]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, fmt.Errorf("%w: it ends before its %d elements do: %w", ErrArrays, n, err)
		}
		for ; len(part) > 0; part = part[width:] {
			data = append(data, number(part[:width]))
		}
	}
	// Read to the end, where the zip's checksum is compared.
	switch rest, err := io.Copy(io.Discard, r); {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrArrays, err)
	case rest > 0:
		return nil, fmt.Errorf("%w: %d bytes follow the array", ErrArrays, rest)
	}
	return &nn.Tensor{Shape: shape, Data: data}, nil
}

// number reads an element by its width.
func number(b []byte) float32 {
	switch len(b) {
	case 2:
		return float16.Frombits(binary.LittleEndian.Uint16(b)).Float32()
	case 8:
		return float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(b))
}

const npyMagic = "\x93NUMPY"

// The header is a Python dictionary, as numpy.lib.format writes it.
var (
	npyType  = regexp.MustCompile(`'descr': *'([^']*)'`)
	npyOrder = regexp.MustCompile(`'fortran_order': *(True|False)`)
	npyShape = regexp.MustCompile(`'shape': *\(([0-9, ]*)\)`)
)

// readHeader reads a .npy file's header: the shape, and the bytes an element.
func readHeader(r io.Reader) (nn.Shape, int, error) {
	var start struct {
		Magic        [6]byte
		Major, Minor byte
	}
	if err := binary.Read(r, binary.LittleEndian, &start); err != nil || string(start.Magic[:]) != npyMagic {
		return nil, 0, fmt.Errorf("%w: it does not begin as a .npy file", ErrArrays)
	}
	length := make([]byte, 4)
	if start.Major == 1 {
		length = length[:2]
	}
	_, err := io.ReadFull(r, length)
	n := binary.LittleEndian.Uint32(append(bytes.Clone(length), 0, 0)[:4])
	if err != nil || start.Major < 1 || start.Major > 3 || n > maxNPYHeader {
		return nil, 0, fmt.Errorf("%w: a header of version %d.%d and %d bytes", ErrArrays, start.Major, start.Minor, n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, 0, fmt.Errorf("%w: it ends within the header: %w", ErrArrays, err)
	}
	dtype, order, extents := npyType.FindSubmatch(text), npyOrder.FindSubmatch(text), npyShape.FindSubmatch(text)
	switch {
	case dtype == nil || order == nil || extents == nil:
		return nil, 0, fmt.Errorf("%w: a header without type, order or shape: %.200q", ErrArrays, text)
	case string(order[1]) == "True":
		return nil, 0, fmt.Errorf("%w: the array is in Fortran order: save numpy.ascontiguousarray(x)", ErrArrays)
	}
	width, ok := map[string]int{"<f2": 2, "<f4": 4, "<f8": 8}[string(dtype[1])]
	if !ok {
		return nil, 0, fmt.Errorf("%w: expected float16, float32 or float64 (<f2, <f4, <f8), found dtype %s", ErrArrays, dtype[1])
	}
	shape, err := parseShape(string(extents[1]))
	return shape, width, err
}

// parseShape reads the extents between a Python tuple's parentheses.
func parseShape(text string) (nn.Shape, error) {
	shape := nn.Shape{}
	for _, word := range strings.Split(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		n, err := strconv.Atoi(word)
		if err != nil || len(shape) == maxArrayRank {
			return nil, fmt.Errorf("%w: the shape (%.100s)", ErrArrays, text)
		}
		shape = append(shape, n)
	}
	return shape, nil
}
