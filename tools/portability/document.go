package main

import (
	"fmt"
	"strings"
)

// document returns docs/portability.md.
func (r *record) document() string {
	var b strings.Builder
	b.WriteString(`# Where it was tried

Written by ` + "`make portability`" + ` and its parts; nothing here is written by hand. No hardware of these systems
was at hand: what ran, ran on a server's processor, by the driver or the emulator that is named. "Not run" says so.

| place | target | tried | passed | failed | not run |
|---|---|---|---:|---:|---:|
`)
	known := make(map[string]bool)
	for _, p := range r.Places {
		known[p.Name] = true
		fmt.Fprintf(&b, "| %s | `make portability-%s` | %s, %s | %d | %d | %d |\n", p.Title, p.Name, p.When, p.Of, p.count(passedCheck), p.count(failedCheck), p.count(notRun))
	}
	for _, c := range trials {
		if !known[c.name] {
			fmt.Fprintf(&b, "| %s | `make portability-%s` | not yet | | | |\n", c.title, c.name)
		}
	}
	for _, p := range r.Places {
		fmt.Fprintf(&b, "\n## %s\n\n%s; %s, %s%s.\n\n| what | outcome | |\n|---|---|---|\n", p.Title, p.On, p.When, p.Of, unfinished[p.Ended])
		for _, c := range p.Checks {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(c.What), c.Outcome, cell(c.Says))
		}
	}
	return b.String()
}

var unfinished = map[bool]string{false: ", not to its end"}

// cell makes text fit a table's cell.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}
