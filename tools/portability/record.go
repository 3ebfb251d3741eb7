package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

const (
	recordFile = "docs/portability.json"
	pageFile   = "docs/portability.md"
)

// outcome is what came of a check.
type outcome string

const (
	passedCheck outcome = "passed"
	failedCheck outcome = "failed"
	notRun      outcome = "not run"
)

// check is one thing that was tried at a place.
type check struct {
	What    string  `json:"what"`
	Outcome outcome `json:"outcome"`
	Says    string  `json:"says,omitempty"` // figures of what passed, reasons of the others
}

// place is a system or a driver, and what was tried there last.
type place struct {
	Name   string  `json:"place"`
	Title  string  `json:"title"`
	On     string  `json:"on"`     // what it was, with versions
	Of     string  `json:"commit"` // that was tried
	When   string  `json:"when"`   // the day, UTC
	Ended  bool    `json:"ended"`  // not interrupted
	Checks []check `json:"checks"`
}

func (p place) count(o outcome) (n int) {
	for _, c := range p.Checks {
		if c.Outcome == o {
			n++
		}
	}
	return n
}

// known returns what need not be tried again of a place that was interrupted.
func (p place) known(commit string) map[string]check {
	if p.Ended || p.Of != commit {
		return nil
	}
	known := make(map[string]check)
	for _, c := range p.Checks {
		if c.Outcome == passedCheck {
			known[c.What] = c
		}
	}
	return known
}

// record is what is known of all places.
type record struct{ Places []place }

// readRecord reads the file, which need not be there.
func readRecord(file string) (record, error) {
	var r record
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r.Places); err != nil {
		return r, fmt.Errorf("%s: %w: remove it, and try all places again", file, err)
	}
	return r, nil
}

// place returns what is known of a place.
func (r *record) place(name string) place {
	for _, p := range r.Places {
		if p.Name == name {
			return p
		}
	}
	return place{}
}

// put takes a place in the stead of what was known of it.
func (r *record) put(p place) {
	order := func(name string) int {
		for i, c := range trials {
			if c.name == name {
				return i
			}
		}
		return len(trials)
	}
	r.Places = slices.DeleteFunc(r.Places, func(old place) bool { return old.Name == p.Name })
	r.Places = append(r.Places, p)
	slices.SortStableFunc(r.Places, func(a, b place) int { return order(a.Name) - order(b.Name) })
}

// write writes the record and the page that is made of it.
func (r *record) write(file, page string) error {
	text, err := json.MarshalIndent(r.Places, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(page, []byte(r.document()), 0o644)
}
