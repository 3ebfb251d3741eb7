package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// man is for those who pack vkeras, so it is not listed.
func (t *tool) man() *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write the manual pages",
		Long:   "Man writes a manual page (section 1) for each command to FOLDER. The pages' date is SOURCE_DATE_EPOCH's, where that is set.",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			root := c.Root()
			root.DisableAutoGenTag = true // it has the day of the build
			return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "vkeras", Manual: "vkeras"}, args[0])
		},
	}
}
