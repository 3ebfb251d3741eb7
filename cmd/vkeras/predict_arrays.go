package main

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/internal/archive"
	"github.com/vkeras/vkeras/internal/infile"
	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/nn"
)

// arrayFlags say where the inputs' arrays come from and where the outputs' go.
type arrayFlags struct {
	*tool
	inputs, outputs []string
}

// batches reads an array's images piece by piece.
type batches struct {
	*npy.Array
	name  string // of the file, for messages
	count int    // images
}

// next returns the next n images.
func (x *batches) next(n int) (*nn.Tensor, error) {
	t := nn.NewTensor(x.Shape[1:].Batch(n)...)
	return t, x.Read(t.Data)
}

// sources opens the arrays of all inputs, in the graph's order. closeAll is to be
// called whatever the error.
func (p *arrayFlags) sources(ctx context.Context, g *nn.Graph) (list []*batches, closeAll func(), err error) {
	var open []io.Closer
	closeAll = func() {
		for _, c := range open {
			c.Close()
		}
	}
	list = make([]*batches, len(g.Inputs))
	for _, text := range p.inputs {
		i, file := nameOff(text, inputNames(g))
		found, closers, err := p.source(ctx, g, i, file)
		open = append(open, closers...)
		if err != nil {
			return nil, closeAll, err
		}
		for k, b := range found {
			if list[k] != nil {
				return nil, closeAll, usagef("--input: %s is given twice", g.InputName(k))
			}
			list[k] = b
		}
	}
	for i, b := range list {
		switch {
		case b == nil:
			return nil, closeAll, usagef("the model has the inputs %s: --input NAME=FILE is missing for %s", strings.Join(inputNames(g), ", "), g.InputName(i))
		case b.count != list[0].count:
			return nil, closeAll, fmt.Errorf("%s has %d images, %s has %d; every input needs as many", list[0].name, list[0].count, b.name, b.count)
		}
	}
	return list, closeAll, nil
}

// size returns the height and width of the pictures in the files, where all have the
// same and none is a pipe, of which nothing is read before the model is.
func (p *arrayFlags) size() (height, width int, ok bool) {
	var found []nn.Shape
	for _, text := range p.inputs {
		shapes, err := shapesIn(text)
		if _, file, named := strings.Cut(text, "="); err != nil && named {
			shapes, err = shapesIn(file)
		}
		if err != nil {
			return 0, 0, false
		}
		found = append(found, shapes...)
	}
	for _, s := range found {
		switch {
		case len(s) != 4:
			continue
		case ok && (s[1] != height || s[2] != width):
			return 0, 0, false
		}
		height, width, ok = s[1], s[2], s[1] > 0 && s[2] > 0
	}
	return height, width, ok
}

// shapesIn reads the shapes of the arrays in a file.
func shapesIn(file string) ([]nn.Shape, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: no regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !strings.EqualFold(filepath.Ext(file), ".npz") {
		h, err := npy.ReadHeader(f)
		return []nn.Shape{h.Shape}, err
	}
	members, err := archive.Open(f, info.Size(), maxArrays)
	if err != nil {
		return nil, err
	}
	var shapes []nn.Shape
	for _, m := range members {
		r, err := m.Open()
		if err != nil {
			return nil, err
		}
		h, err := npy.ReadHeader(r)
		r.Close()
		if err != nil {
			return nil, err
		}
		shapes = append(shapes, h.Shape)
	}
	return shapes, nil
}

// nameOff takes NAME= off a flag's value where that is one of the names; -1: it
// names none.
func nameOff(text string, names []string) (int, string) {
	name, file, ok := strings.Cut(text, "=")
	if i := slices.Index(names, name); ok && i >= 0 {
		return i, file
	}
	return -1, text
}

func inputNames(g *nn.Graph) []string {
	names := make([]string, len(g.Inputs))
	for i := range names {
		names[i] = g.InputName(i)
	}
	return names
}

func outputNames(g *nn.Graph) []string {
	names := make([]string, len(g.Outputs))
	for i := range names {
		names[i] = g.OutputName(i)
	}
	return names
}

// source opens a file of one input, or of all, by their places.
func (p *arrayFlags) source(ctx context.Context, g *nn.Graph, i int, file string) (map[int]*batches, []io.Closer, error) {
	if file == "-" {
		if i < 0 && len(g.Inputs) > 1 {
			return nil, nil, usagef("--input -: the model has the inputs %s: say which, --input NAME=-", strings.Join(inputNames(g), ", "))
		}
		b, err := openNPY(p.stdin, "standard input", g.Inputs[max(i, 0)].Shape)
		return map[int]*batches{max(i, 0): b}, nil, err
	}
	f, err := infile.Open(ctx, file)
	if err != nil {
		return nil, nil, err
	}
	closers := []io.Closer{f}
	if strings.EqualFold(filepath.Ext(file), ".npz") {
		found, more, err := openNPZ(f.File, file, g, i)
		return found, append(closers, more...), err
	}
	if i < 0 && len(g.Inputs) > 1 {
		return nil, closers, usagef("--input %s: the model has the inputs %s: say which, --input NAME=%s", file, strings.Join(inputNames(g), ", "), file)
	}
	b, err := openNPY(f, file, g.Inputs[max(i, 0)].Shape)
	return map[int]*batches{max(i, 0): b}, closers, err
}

// openNPY reads the header and holds it to the input's shape.
func openNPY(r io.Reader, name string, want nn.Shape) (*batches, error) {
	a, err := npy.NewReader(bufio.NewReaderSize(r, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(a.Shape) != len(want)+1 || !a.Shape[1:].Equal(want) {
		return nil, fmt.Errorf("%s: expected shape (N, %s, found %v", name, want.String()[1:], a.Shape)
	}
	if a.Shape[0] < 1 {
		return nil, fmt.Errorf("%s: the batch has %d images; give it one or more", name, a.Shape[0])
	}
	return &batches{a, name, a.Shape[0]}, nil
}

// maxArrays bounds the arrays of an archive.
const maxArrays = 1 << 10

// openNPZ opens the arrays of an archive: by the inputs' names, or, where
// numpy.savez was given none and called them arr_0, arr_1, ..., by their order; one
// input's alone where it is named.
func openNPZ(f *os.File, file string, g *nn.Graph, only int) (map[int]*batches, []io.Closer, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	members, err := archive.Open(f, info.Size(), maxArrays)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: not an archive of numpy.savez: %w; write it with numpy.savez, or give a .npy file", file, err)
	}
	found := map[int]*batches{}
	var closers []io.Closer
	for i, name := range inputNames(g) {
		if only >= 0 && i != only {
			continue
		}
		place := i
		if only >= 0 {
			place = 0
		}
		m := members[name+".npy"]
		if m == nil {
			m = members[fmt.Sprintf("arr_%d.npy", place)]
		}
		if m == nil {
			return nil, closers, fmt.Errorf("%s: no array %q among %s; numpy.savez takes NAME=array", file, name, strings.Join(arrayNames(members), ", "))
		}
		r, err := m.Open()
		if err != nil {
			return nil, closers, fmt.Errorf("%s: %s: %w", file, m.Name, err)
		}
		closers = append(closers, r)
		if found[i], err = openNPY(r, file+": "+strings.TrimSuffix(m.Name, ".npy"), g.Inputs[i].Shape); err != nil {
			return nil, closers, err
		}
	}
	return found, closers, nil
}

// arrayNames lists what an archive has, the first of many.
func arrayNames(members map[string]*zip.File) []string {
	const most = 8
	var names []string
	for name := range members {
		names = append(names, strings.TrimSuffix(name, ".npy"))
	}
	slices.Sort(names)
	if len(names) > most {
		names = append(names[:most], "...")
	}
	return names
}

// sink is a file of one output, or of several.
type sink struct {
	file   string
	places []int // of the outputs
	names  []string
	shapes []nn.Shape
	data   [][]float32
	zipped bool
}

// sinks reads where the outputs shall go.
func (p *arrayFlags) sinks(g *nn.Graph) ([]*sink, error) {
	var list []*sink
	for _, text := range p.outputs {
		i, file := nameOff(text, outputNames(g))
		s := &sink{file: file, zipped: strings.EqualFold(filepath.Ext(file), ".npz")}
		switch {
		case i >= 0:
			s.places = []int{i}
		case len(g.Outputs) == 1 || s.zipped:
			for k := range g.Outputs {
				s.places = append(s.places, k)
			}
		default:
			return nil, usagef("--output %s: the model has the outputs %s: write all to FILE.npz, or one to NAME=%s", text, strings.Join(outputNames(g), ", "), file)
		}
		for _, k := range s.places {
			s.names, s.shapes = append(s.names, g.OutputName(k)), append(s.shapes, g.Outputs[k].Shape)
		}
		s.data = make([][]float32, len(s.places))
		list = append(list, s)
	}
	return list, nil
}

// add keeps what the net answered.
func (s *sink) add(out []*nn.Tensor) {
	for i, k := range s.places {
		s.data[i] = append(s.data[i], out[k].Data...)
	}
}

func (s *sink) write(w io.Writer) error {
	if !s.zipped {
		return npy.Write(w, s.shapes[0].Batch(len(s.data[0])/s.shapes[0].Len()), s.data[0])
	}
	z := zip.NewWriter(w)
	for i, name := range s.names {
		member, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
		if err == nil {
			err = npy.Write(member, s.shapes[i].Batch(len(s.data[i])/s.shapes[i].Len()), s.data[i])
		}
		if err != nil {
			return errors.Join(err, z.Close())
		}
	}
	return z.Close()
}
