package hdf5

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// oracle holds one file against what h5py read in it, and counts for which
// features that was decisive.
type oracle struct {
	t     *testing.T
	root  *Group
	tally map[string]int
}

// TestFilesReadAsH5pyReadsThem reads every part of every file: what has no
// refused feature must be equal to what h5py read, the rest must be refused with
// the words for one of its features. Each claim must have been decisive at least
// once: of what is refused, alone.
func TestFilesReadAsH5pyReadsThem(t *testing.T) {
	expectations := corpus(t, ".json")
	files := corpus(t, ".h5")
	require.GreaterOrEqual(t, len(files), 300)
	tally := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		t.Run(name, func(t *testing.T) {
			var want expectation
			require.NoError(t, json.Unmarshal(expectations[name], &want))
			o := &oracle{t: t, tally: tally}
			f, err := openBytes(files[name])
			if o.refused(err, want.Features) {
				return
			}
			o.root = f.Root()
			require.True(t, want.Opens, "h5py does not open it so")
			o.file(want)
		})
	}
	for feature := range claims {
		require.Positive(t, tally[feature], "no file shows whether %q is so", feature)
	}
	for _, layout := range []int{layoutContiguous, layoutChunked} {
		require.Greater(t, tally[fmt.Sprint("parts of layout ", layout)], 3)
	}
}

// refusals returns the words for those of the features that are refused.
func (o *oracle) refusals(features []string) map[string]string {
	found := map[string]string{}
	for _, feature := range features {
		words, ok := claims[feature]
		require.True(o.t, ok, "nothing is claimed about %q", feature)
		if words != "" {
			found[feature] = words
		}
	}
	return found
}

// refused reports whether something with these features must be refused, and
// requires that it was, by name; if not, that there was no error.
func (o *oracle) refused(err error, features []string, args ...any) bool {
	refusals := o.refusals(features)
	if len(refusals) == 0 {
		require.NoError(o.t, err, args...)
		for _, feature := range features {
			o.tally[feature]++
		}
		return false
	}
	require.ErrorIs(o.t, err, ErrUnsupported, args...)
	named := func(words string) bool { return strings.Contains(err.Error(), words) }
	require.True(o.t, slices.ContainsFunc(slices.Collect(maps.Values(refusals)), named), "%v names none of %v", err, refusals)
	if len(refusals) == 1 {
		for feature := range refusals {
			o.tally[feature]++
		}
	}
	return true
}

func (o *oracle) file(want expectation) {
	for at, group := range want.Groups {
		g, err := o.root.Group(at)
		if o.refused(err, group.Features, at) {
			continue
		}
		require.Equal(o.t, at, g.Path())
		require.Equal(o.t, group.Names, append([]string{}, g.Names()...), at)
		require.Equal(o.t, slices.Sorted(maps.Keys(group.Attrs)), g.AttrNames(), at)
		o.attrs(group.Attrs, g.Attr)
	}
	for at, dataset := range want.Datasets {
		d, err := o.root.Dataset(at)
		if !o.refused(err, want.Groups[path.Dir(at)].Features, at) {
			o.dataset(d, at, dataset)
		}
	}
	for at, first := range want.Aliases {
		d, err := o.root.Dataset(at)
		if !errors.Is(err, ErrUnsupported) {
			require.NoError(o.t, err, at)
			require.Equal(o.t, want.Datasets[first].Shape, append([]int{}, d.Shape()...), at)
		}
	}
	for at, above := range want.Cycles {
		g, err := o.root.Group(at + strings.Repeat(strings.TrimPrefix(at, strings.TrimSuffix(above, "/")), 3))
		require.NoError(o.t, err, at)
		require.Equal(o.t, want.Groups[above].Names, append([]string{}, g.Names()...), at)
	}
	for at, kind := range want.Links {
		require.True(o.t, o.root.Has(at), at)
		require.False(o.t, o.root.IsGroup(at), at)
		_, err := o.root.Dataset(at)
		require.True(o.t, o.refused(err, []string{kind}, at))
		_, err = o.root.Group(at)
		require.True(o.t, o.refused(err, []string{kind}, at))
		require.ErrorContains(o.t, err, at)
	}
	for _, at := range want.Types {
		_, err := o.root.Dataset(at)
		require.ErrorIs(o.t, err, ErrNotFound, at)
		require.ErrorContains(o.t, err, "not a dataset", at)
	}
}

func (o *oracle) dataset(d *Dataset, at string, want expectedDataset) {
	require.Equal(o.t, at, d.Path())
	require.Equal(o.t, want.Shape, append([]int{}, d.Shape()...), at)
	require.Equal(o.t, slices.Sorted(maps.Keys(want.Attrs)), d.attrNames(), at)
	if want.Type != "" {
		require.Equal(o.t, want.Type, d.Type().String(), at)
	}
	o.attrs(want.Attrs, d.Attr)
	got := make([]float32, d.space.elements)
	for i := range got {
		got[i] = -12345 // what is not written over shows
	}
	err := d.ReadFloat32(got)
	features := want.Features
	// How nothing is stored does not matter, but may be refused.
	if !want.Unstored || errors.Is(err, ErrUnsupported) {
		features = append(slices.Clone(features), want.Storage...)
	}
	if want.Void && len(o.refusals(features)) == 0 {
		require.Error(o.t, err, "%s: h5py does not read it", at)
		return
	}
	if o.refused(err, features, at) {
		require.ErrorContains(o.t, err, at)
		return
	}
	require.Len(o.t, want.Float32, 4*len(got), at)
	for i, v := range got {
		o.equal(float64(v), float64(math.Float32frombits(binary.LittleEndian.Uint32(want.Float32[4*i:]))), at, i)
	}
	o.parts(d, at, got)
}

// parts reads what can be read in parts by fives, twice.
func (o *oracle) parts(d *Dataset, at string, want []float32) {
	begin := d.Parts()
	if begin == nil {
		return
	}
	o.tally["parts of layout "+fmt.Sprint(o.layout(d))]++
	for range 2 {
		read := begin()
		for from := 0; from < len(want); from += 5 {
			part := make([]float32, min(5, len(want)-from))
			require.NoError(o.t, read(part, from), at)
			for i, v := range part {
				o.equal(float64(v), float64(want[from+i]), at, from+i)
			}
		}
	}
	require.ErrorContains(o.t, begin()(make([]float32, 2), len(want)-1), "elements ", at)
	require.Error(o.t, begin()(make([]float32, 1), -1), at)
}

func (o *oracle) layout(d *Dataset) uint8 {
	body, err := d.find(msgLayout)
	require.NoError(o.t, err)
	l, err := d.f.parseLayout(body)
	require.NoError(o.t, err)
	return uint8(l.class)
}

// equal compares bits, but any NaN is as good as another.
func (o *oracle) equal(got, want float64, at string, i int) {
	if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
		require.Fail(o.t, "wrong value", "%s[%d] is %v, not %v", at, i, got, want)
	}
}

func (o *oracle) attrs(want map[string]expectedAttr, attr func(string) (*Attr, error)) {
	for name, expected := range want {
		a, err := attr(name)
		require.NoError(o.t, err, name)
		require.Equal(o.t, name, a.Name())
		require.Equal(o.t, expected.Shape, append([]int{}, a.Shape()...), name)
		require.Equal(o.t, expected.Null, a.IsNull(), name)
		o.attr(a, expected)
	}
}

// attr compares an attribute's values: without elements, any type gives none.
func (o *oracle) attr(a *Attr, want expectedAttr) {
	texts, textErr := a.Strings()
	numbers, numberErr := a.Float64s()
	if want.Empty {
		for _, feature := range want.Features {
			o.tally[feature]++
		}
		require.NoError(o.t, errors.Join(textErr, numberErr), a.Name())
		require.Empty(o.t, texts, a.Name())
		require.Empty(o.t, numbers, a.Name())
		return
	}
	if len(o.refusals(want.Features)) > 0 {
		require.True(o.t, o.refused(textErr, want.Features, a.Name()))
		require.True(o.t, o.refused(numberErr, want.Features, a.Name()))
		return
	}
	if want.Strings != nil {
		require.ErrorIs(o.t, numberErr, ErrUnsupported, a.Name())
		o.refused(textErr, want.Features, a.Name())
		require.Len(o.t, texts, len(want.Strings), a.Name())
		for i, text := range texts {
			require.Equal(o.t, string(want.Strings[i]), text, "%s[%d]", a.Name(), i)
		}
		return
	}
	require.ErrorIs(o.t, textErr, ErrUnsupported, a.Name())
	o.refused(numberErr, want.Features, a.Name())
	require.Len(o.t, want.Float64, 8*len(numbers), a.Name())
	for i, v := range numbers {
		o.equal(v, math.Float64frombits(binary.LittleEndian.Uint64(want.Float64[8*i:])), a.Name(), i)
	}
}
