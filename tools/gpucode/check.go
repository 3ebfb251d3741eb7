package main

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/vkeras/vkeras/gpu/paper"
)

// points is by how much of 1 a share may fall.
const points = 0.03

// compare compiles the products again, for the families that are held, and returns
// an error that lists what got worse.
func compare(ctx context.Context) error {
	var faults []string
	for _, name := range []string{"navi21", "vega10"} {
		old, ok := paper.Recorded().Family(name)
		if !ok {
			return fmt.Errorf("%s has nothing of %s: make gpu-code", figures, name)
		}
		now, err := compiled(ctx, name, "", true)
		if err != nil {
			return err
		}
		if now.Driver != old.Driver {
			log.Printf("%s: recorded with %s, compiled by %s: shares are not held", name, old.Driver, now.Driver)
		}
		for _, u := range now.Uses {
			faults = append(faults, worse(name, u, old, now.Driver == old.Driver)...)
		}
		log.Printf("%s: %d uses of products compiled by %s", name, len(now.Uses), now.Driver)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d faults in the kernels' machine code:\n%s", len(faults), strings.Join(faults, "\n"))
	}
	return nil
}

// worse says what is wrong with a use, and, where shares are held, what was better
// when it was recorded.
func worse(family string, u paper.Use, old paper.Family, shares bool) []string {
	var faults []string
	fault := func(format string, a ...any) {
		faults = append(faults, fmt.Sprintf("%s, %s %s: ", family, u.Kernel, u.Name)+fmt.Sprintf(format, a...))
	}
	if u.Error != "" {
		fault("%s", u.Error)
		return faults
	}
	if u.Spilled > 0 {
		fault("%d registers are spilled", u.Spilled)
	}
	for _, l := range u.Loops {
		if l.LoadsUnder > 0 {
			fault("%d of %d loads in the loop stand under a branch", l.LoadsUnder, l.Loads)
		}
	}
	before, ok := old.Use(u.Kernel, u.Name)
	switch {
	case !shares:
	case !ok:
		fault("nothing is recorded: make gpu-code")
	case u.Share() < before.Share()-points:
		fault("%.0f %% of the loop are multiply-accumulates, recorded are %.0f", 100*u.Share(), 100*before.Share())
	}
	return faults
}
