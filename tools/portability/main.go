// Command portability tries vkeras on the systems and drivers that can be had
// without their hardware, and writes docs/portability.md: for each what ran, what
// did not, and when. What it finds it adds to docs/portability.json, place by
// place; the page is made of that alone.
//
// Run it by `make portability`, or by one of the targets portability-NAME, in the
// repository's root: they install and build what a place needs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"
)

// trials are the places that can be tried, in the order of the page.
var trials = []struct {
	name, title string
	run         func(*trial) error
}{
	{"swiftshader", "SwiftShader", swiftShader},
	{"trixie", "Debian 13's Mesa", trixie},
	{"windows", "Windows, by Wine", windows},
	{"arm64", "Linux on arm64, by QEMU", arm64},
	{"macos", "macOS, built alone", macos},
	{"release", "What is released", release},
	{"bare", "The two commands on bare systems", bare},
	{"needs", "What each target installs", tryNeeds},
	{"names", "Ubuntu and Fedora", names},
	{"cold", "Cold caches under the validation layer", cold},
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("portability: ")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: portability PLACE...") }
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

// run tries the places and writes what came of them, a place that failed included.
func run(ctx context.Context, names []string) error {
	failed := 0
	for _, name := range names {
		p, err := tried(ctx, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		failed += p.count(failedCheck)
		if ctx.Err() != nil {
			return fmt.Errorf("%s: interrupted: %s says what had been tried; try it again to go on", name, pageFile)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d checks failed: %s says which", failed, pageFile)
	}
	return nil
}

// tried tries one place.
func tried(ctx context.Context, name string) (*place, error) {
	for _, c := range trials {
		if c.name != name {
			continue
		}
		folder, err := os.MkdirTemp("", "portability")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(folder)
		commit, err := exec.CommandContext(ctx, "git", "describe", "--tags", "--always").Output()
		if err != nil {
			return nil, fmt.Errorf("git describe: %w", err)
		}
		t := &trial{ctx: ctx, folder: folder, place: &place{Name: c.name, Title: c.title, Of: strings.TrimSpace(string(commit)), When: time.Now().UTC().Format(time.DateOnly)}}
		r, err := readRecord(recordFile)
		if err != nil {
			return nil, err
		}
		was := r.place(name)
		t.known, t.on = was.known(t.place.Of), was.On
		t.keep = t.record
		if err := c.run(t); err != nil {
			return nil, err
		}
		t.place.Ended = ctx.Err() == nil
		return t.place, errors.Join(t.kept, t.record())
	}
	return nil, fmt.Errorf("no such place: there are %s", places())
}

// record writes what is known of the place by now.
func (t *trial) record() error {
	r, err := readRecord(recordFile) // now: another place may have been tried meanwhile
	if err != nil {
		return err
	}
	r.put(*t.place)
	return r.write(recordFile, pageFile)
}

func places() string {
	var list []string
	for _, c := range trials {
		list = append(list, c.name)
	}
	return strings.Join(list, ", ")
}
