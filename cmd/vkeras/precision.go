package main

import (
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/nn"
)

// precisionFlags say how a device stores numbers, and how its kernels are chosen.
type precisionFlags struct {
	precision  string
	noMatrices bool
	tune       bool
}

func (f *precisionFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.precision, "precision", string(nn.FP32),
		"fp32; fp16w: weights stored as float16; or fp16: tensors too. Sums are float32 always")
	c.Flags().BoolVar(&f.noMatrices, "no-coopmat", false, "in fp16, do without the GPU's cooperative matrices")
	c.Flags().BoolVar(&f.tune, "tune", true, "on a GPU, measure at first which kernels are fastest (about 2 s), and remember it in the cache folder")
	_ = c.RegisterFlagCompletionFunc("precision", cobra.FixedCompletions(names(nn.Precisions()), cobra.ShellCompDirectiveNoFileComp))
}
