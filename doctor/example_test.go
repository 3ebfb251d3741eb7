package doctor_test

import (
	"context"
	"fmt"

	"github.com/vkeras/vkeras/doctor"
)

// Tries every kernel on every device, which takes seconds on a GPU and half a
// minute on a driver that is a CPU.
func ExampleExamine() {
	r, err := doctor.Examine(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range r.Devices {
		fmt.Printf("%s: %d kernels, %d cases\n", d.Name, len(d.Kernels), d.Cases())
		for _, k := range d.Kernels {
			if !k.Passed {
				fmt.Printf("  %s: %s\n", k.Name, k.Error)
			}
		}
	}
	for _, c := range r.Causes {
		fmt.Printf("no GPU: %s. %s\n", c.Finding, c.Advice)
	}
}
