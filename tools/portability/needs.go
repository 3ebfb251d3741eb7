package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// need is a $(call need,PACKAGES,TEST) of the Makefile.
type need struct {
	target     string
	packages   []string // each a name, or several with | between them
	test, call string   // as they stand there
}

var rule = regexp.MustCompile(`^([a-zA-Z0-9_%./-]+):([^=]|$)`)

// readNeeds reads the needs of a Makefile, in its order.
func readNeeds(makefile string) ([]need, error) {
	const begin = "$(call need,"
	var list []need
	target := ""
	for line := range strings.Lines(makefile) {
		if m := rule.FindStringSubmatch(line); m != nil {
			target = m[1]
		}
		_, rest, found := strings.Cut(line, begin)
		if !found || !strings.HasPrefix(line, "\t") {
			continue
		}
		packages, rest, found := strings.Cut(rest, ",")
		end := closing(rest)
		if !found || end < 0 {
			return nil, fmt.Errorf("target %s: not understood: %s", target, strings.TrimSpace(line))
		}
		list = append(list, need{target, strings.Fields(packages), rest[:end], begin + packages + "," + rest[:end+1]})
	}
	return list, nil
}

// closing returns where the parenthesis is closed that was opened before s, or -1.
func closing(s string) int {
	depth := 1
	for i, c := range s {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return i
		}
	}
	return -1
}

// tryNeeds takes each target's needs to bare roots: a test must fail where nothing is
// installed, hold after the installation, and not take one package of several for all.
func tryNeeds(t *trial) error {
	t.place.On = "minimal roots of Debian 12 and 13; a root of its own for each package"
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		return err
	}
	list, err := readNeeds(string(makefile))
	if err != nil {
		return err
	}
	for _, suite := range suites {
		root, err := t.fresh(suite)
		if err != nil {
			t.note(suite+": a root", "", err)
			continue
		}
		known := make(map[string]bool)
		for _, target := range targets(list) {
			its := slices.DeleteFunc(slices.Clone(list), func(n need) bool { return n.target != target })
			in := root // what setup installs all others find
			if target != "setup" {
				in = root.over(strings.ReplaceAll(target, "/", "-"))
			}
			what := fmt.Sprintf("%s: what `make %s` installs: %s", suite, target, strings.ReplaceAll(strings.Join(packagesOf(its), ", "), "|", " or "))
			if target == "setup" {
				delete(t.known, what)
			}
			t.do(what, func() (string, error) { return t.tryTarget(in, its, known) })
			if target != "setup" {
				in.remove()
			}
		}
		root.remove()
	}
	return nil
}

func targets(list []need) (names []string) {
	for _, n := range list {
		if !slices.Contains(names, n.target) {
			names = append(names, n.target)
		}
	}
	return names
}

func packagesOf(list []need) (names []string) {
	for _, n := range list {
		names = append(names, n.packages...)
	}
	return names
}

// tryTarget tries needs of one target, one after the other, and leaves in the root what
// they install. known holds those that were tried before.
func (t *trial) tryTarget(root bareRoot, list []need, known map[string]bool) (string, error) {
	var says []string
	for _, n := range list {
		name := strings.ReplaceAll(strings.Join(n.packages, " "), "|", " or ")
		if known[n.call] {
			says = append(says, name+": as above")
			continue
		}
		alone := 0
		if len(n.packages) > 1 {
			for _, p := range n.packages {
				one := root.over("one")
				_, err := t.tryNeed(one, n, p)
				one.remove()
				if err != nil {
					return "", fmt.Errorf("with %s alone: %w", p, err)
				}
				alone++
			}
		}
		there, err := t.tryNeed(root, n, "")
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		known[n.call] = true
		switch {
		case there:
			says = append(says, name+" is there already")
		case alone > 0:
			says = append(says, fmt.Sprintf("%s: wanted, installed, found; beside each of the %d alone the others are installed", name, alone))
		default:
			says = append(says, name+": wanted, installed, found")
		}
	}
	return strings.Join(says, "; "), nil
}

// tryNeed installs the package beforehand, if one is named, then has make see to the
// need. It reports whether all packages had been there.
func (t *trial) tryNeed(root bareRoot, n need, before string) (there bool, err error) {
	try := fmt.Sprintf("include Makefile\n.PHONY: tried-test tried-need\ntried-test:\n\t@%s\ntried-need:\n\t@%s\n", n.test, n.call)
	if err := errors.Join(os.MkdirAll(root.above+"/vkeras", 0o755), os.WriteFile(root.above+"/vkeras/tried.mk", []byte(try), 0o644)); err != nil {
		return false, err
	}
	names := strings.ReplaceAll(strings.Join(n.packages, " "), "|", " ")
	script := `cd /vkeras
packages() { dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' ` + names + ` 2>/dev/null | sed -n 's/^ii *//p' | tr '\n' ' ' || true; }
tested() { if make -s -f tried.mk tried-test >/dev/null 2>&1; then echo holds; else echo fails; fi; }
if [ -n "` + before + `" ]; then apt-get install -y -qq --no-install-recommends ` + before + ` >/dev/null 2>&1; fi
echo "$(packages):$(tested)"
make -s -f tried.mk tried-need >&2
echo "$(packages):$(tested)"`
	out, err := t.run(bareShell(root, script))
	if err != nil {
		return false, err
	}
	lines := strings.Split(strings.TrimSpace(out.stdout), "\n")
	if len(lines) != 2 {
		return false, fmt.Errorf("it printed %q", out.stdout)
	}
	return judgeNeed(n.packages, lines[0], lines[1])
}

// judgeNeed looks at which packages were installed, and whether the test held, before
// and after: "NAME NAME :holds".
func judgeNeed(packages []string, before, after string) (there bool, err error) {
	missing := func(line string) (list []string, holds bool) {
		installed, result, _ := strings.Cut(line, ":")
		for _, p := range packages {
			if !slices.ContainsFunc(strings.Split(p, "|"), func(name string) bool { return slices.Contains(strings.Fields(installed), name) }) {
				list = append(list, p)
			}
		}
		return list, result == "holds"
	}
	first, heldFirst := missing(before)
	last, heldLast := missing(after)
	switch {
	case heldFirst && len(first) > 0:
		return false, fmt.Errorf("the test takes %s for installed", strings.Join(first, " "))
	case !heldFirst && len(first) == 0:
		return false, errors.New("the test fails with all of them installed")
	case len(last) > 0:
		return false, fmt.Errorf("%s is not installed", strings.Join(last, " "))
	case !heldLast:
		return false, errors.New("the test still fails after the installation")
	}
	return heldFirst, nil
}
