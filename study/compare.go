package study

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

// Schema names the form of the JSON.
const Schema = "vkeras.study/1"

// seed is that of every variant's weights.
const seed = 1

// Variants lists the ways to halve that Compare knows.
func Variants() []resnet.Architecture {
	return slices.DeleteFunc(resnet.Architectures(), func(a resnet.Architecture) bool { return a.Variant == "" })
}

// Compare studies the exercise's net with each of the named ways to halve its
// feature maps; no name stands for all. The nets have the same untrained
// weights, as far as their shapes agree.
func Compare(ctx context.Context, names []string, input nn.Shape, o Options) (*Report, error) {
	chosen, err := choose(names)
	if err != nil {
		return nil, err
	}
	r := &Report{Schema: Schema, Device: o.Device, Input: input, Runs: o.Runs}
	if r.Accuracy, err = Trained(); err != nil {
		return nil, err
	}
	for _, a := range chosen {
		g, err := resnet.Build(a.Name, resnet.Options{Input: input})
		if err != nil {
			return nil, err
		}
		resnet.Initialise(g, seed)
		n, err := analyse(g)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		n.Name, n.Summary, n.Paper, n.Section, n.Source = a.Variant, a.Summary, a.Paper, a.Section, a.Source
		n.Aliases = aliases(a)
		r.Nets = append(r.Nets, n)
	}
	o.counted(r)
	for _, n := range r.Nets {
		if err := o.measure(ctx, n); err != nil {
			return nil, err
		}
	}
	return r, o.clock(ctx, r.Nets)
}

// choose returns the variants of those names, in the order of Variants.
func choose(names []string) ([]resnet.Architecture, error) {
	all := Variants()
	if len(names) == 0 {
		return all, nil
	}
	wanted := map[string]bool{}
	for _, name := range names {
		i := slices.IndexFunc(all, func(a resnet.Architecture) bool {
			return slices.ContainsFunc(append(aliases(a), a.Variant), func(s string) bool { return strings.EqualFold(s, name) })
		})
		if i < 0 {
			var known []string
			for _, a := range all {
				known = append(known, a.Variant)
			}
			return nil, fmt.Errorf("%w: variant %q; known are %s", resnet.ErrUnknown, name, strings.Join(known, ", "))
		}
		wanted[all[i].Variant] = true
	}
	return slices.DeleteFunc(all, func(a resnet.Architecture) bool { return !wanted[a.Variant] }), nil
}

// aliases returns a variant's other names: exercise-b is b.
func aliases(a resnet.Architecture) []string {
	var list []string
	for _, name := range append([]string{a.Name}, a.Aliases...) {
		if short := strings.TrimPrefix(name, "exercise-"); short != a.Variant {
			list = append(list, short)
		}
	}
	return list
}

// Inspect studies one network with its own weights: every place where it drops
// positions, and, if it reads one picture, what changing positions does.
func Inspect(ctx context.Context, g *nn.Graph, o Options) (*Report, error) {
	n, err := analyse(g)
	if err != nil {
		return nil, err
	}
	r := &Report{Schema: Schema, Device: o.Device, Input: g.Inputs[0].Shape, Runs: o.Runs, Nets: []*Net{n}}
	if len(g.Inputs) != 1 || len(g.Inputs[0].Shape) != 3 {
		n.Note = "nothing was measured: the model does not read one picture and no more"
		o.Open = nil
	}
	if o.Open == nil {
		r.Device, r.Runs = "", 0
	}
	o.counted(r)
	err = o.measure(ctx, n)
	if errors.Is(err, errOtherInput) {
		n.Note = "no positions were changed: " + err.Error()
	} else if err != nil {
		return nil, err
	}
	return r, o.clock(ctx, r.Nets)
}
