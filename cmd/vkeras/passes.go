package main

import (
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/plan"
)

// passFlags turn passes of the planner off, for comparison.
type passFlags struct{ noFold, noFuse, noMerge, noDemand, merge bool }

func (f *passFlags) register(c *cobra.Command) {
	c.Flags().BoolVar(&f.noFold, "no-fold", false, "keep batch normalisation apart from the weights")
	c.Flags().BoolVar(&f.noFuse, "no-fuse", false, "keep padding, sums, activations and gates apart from convolutions")
	c.Flags().BoolVar(&f.noDemand, "no-demand", false, "compute positions that nobody reads")
	c.Flags().BoolVar(&f.noMerge, "no-merge", false, "keep convolutions of the same input apart")
	c.Flags().BoolVar(&f.merge, "merge", false, "merge convolutions of the same input on devices that do not gain by it, too")
	c.MarkFlagsMutuallyExclusive("merge", "no-merge")
}

// over returns a device's passes as the flags change them.
func (f *passFlags) over(o plan.Options) plan.Options {
	return plan.Options{
		Fold: o.Fold && !f.noFold, Fuse: o.Fuse && !f.noFuse, Activate: o.Activate && !f.noFuse, Gate: o.Gate && !f.noFuse,
		Demand: o.Demand && !f.noDemand, Merge: (o.Merge || f.merge) && !f.noMerge,
	}
}
