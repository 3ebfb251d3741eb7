package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/doctor"
)

func (t *tool) doctor() *cobra.Command {
	var out format
	var quick bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check the Vulkan installation, the devices and every kernel",
		Long: `Doctor looks at what Vulkan sees: the loader, the driver files and whether each
can be loaded, the devices with the limits that matter, and every kernel on small
shapes against the reference. Where no GPU is found it looks for the usual causes.
The exit status is 1 when a kernel computes wrong results or nothing can be used.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			examine := doctor.Examine
			if quick {
				examine = doctor.ExamineQuickly
			}
			r, err := examine(c.Context())
			if err != nil {
				return err
			}
			if r.Err != nil {
				r.Error = oneLine(explain(r.Err))
			}
			if out.json {
				err = t.writeJSON(r)
			} else {
				err = t.writeHealth(r)
			}
			if err == nil && !r.Healthy {
				err = errReported
			}
			return err
		},
	}
	out.register(c, false)
	c.Flags().BoolVar(&quick, "quick", false, "try one case of each kernel")
	return c
}

func (t *tool) writeHealth(r *doctor.Report) error {
	var b strings.Builder
	say := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	say("Driver files")
	for _, d := range r.Drivers {
		if d.Error == "" {
			say("  ok    %s (%s)", d.File, d.Library)
		} else {
			say("  WRONG %s: %s", d.File, d.Error)
		}
	}
	if len(r.Drivers) == 0 {
		say("  none")
	}
	say("\nJPEG files are decoded by %s", r.JPEG.Decoder)
	if r.JPEG.Error != "" {
		say("  within 3 levels of what Keras reads, and slower: %s", r.JPEG.Error)
	}
	for _, d := range r.Devices {
		say("\nDevice %d: %s (%s)", d.Index, d.Name, d.Type)
		say("  driver      %s, Vulkan %s", d.Driver, d.API)
		if d.CompilesOnly {
			say("  compiles only: no hardware is behind the driver, so it is never chosen; `vkeras kernels` shows its code")
			continue
		}
		for _, m := range d.Means {
			say("  %-11s %s", m.Name, m.Value+": "+m.Means)
		}
		passed := 0
		for _, k := range d.Kernels {
			if k.Passed {
				passed++
			} else {
				say("  WRONG       kernel %s: %s", k.Name, k.Error)
			}
		}
		say("  %-11s %d of %d give what the reference gives, %d cases", "kernels", passed, len(d.Kernels), d.Cases())
		if d.Error != "" {
			say("  WRONG       %s", d.Error)
		}
	}
	if r.Error != "" {
		say("\n%s", r.Error)
	}
	if len(r.Causes) > 0 {
		say("\nWhy no GPU was found")
	}
	for _, c := range r.Causes {
		say("  %s\n    %s", c.Finding, c.Advice)
	}
	_, err := fmt.Fprint(t.stdout, b.String())
	return err
}
