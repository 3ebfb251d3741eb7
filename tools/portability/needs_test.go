package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheNeedsOfAMakefileAreRead(t *testing.T) {
	list, err := readNeeds(`VERSION := 1
.PHONY: one
one: two ## say
	@$(call need,a b|c,$(call have_files,x,y) && test -e "$$(z)") # why
	@echo
two:
	@( $(call need,d,command -v d) ) \
		|| echo
`)
	require.NoError(t, err)
	require.Equal(t, []need{
		{"one", []string{"a", "b|c"}, `$(call have_files,x,y) && test -e "$$(z)"`, `$(call need,a b|c,$(call have_files,x,y) && test -e "$$(z)")`},
		{"two", []string{"d"}, "command -v d", "$(call need,d,command -v d)"},
	}, list)
	_, err = readNeeds("one:\n\t@$(call need,a b\n")
	require.ErrorContains(t, err, "target one: not understood")
}

func TestANeedIsJudged(t *testing.T) {
	for name, c := range map[string]struct {
		packages, before, after string
		there                   bool
		err                     string
	}{
		"installed":                    {"a b|c", ":fails", "a c :holds", false, ""},
		"there already":                {"a", "a :holds", "a :holds", true, ""},
		"one taken for both":           {"a b", "a :holds", "a :holds", false, "the test takes b for installed"},
		"a test that never holds":      {"a", ":fails", "a :fails", false, "still fails"},
		"a test that fails with all":   {"a", "a :fails", "a :holds", false, "fails with all of them installed"},
		"a package that did not come":  {"a b", ":fails", "b :holds", false, "a is not installed"},
		"a package of a longer name":   {"a", "ab :holds", "ab :holds", false, "the test takes a for installed"},
		"the other name of one of two": {"a|b", "b :holds", "b :holds", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			there, err := judgeNeed(strings.Fields(c.packages), c.before, c.after)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.there, there)
		})
	}
}

func TestNamesAreHeldToDocuments(t *testing.T) {
	require.Equal(t, "Ubuntu Packages, its pages for noble: libturbojpeg; rosdep's base.yaml (ros/rosdistro, 22 August 2026), for Ubuntu: gcc; no document was found for nonesuch",
		attested("Ubuntu 24.04", []string{"libturbojpeg0|libturbojpeg", "nonesuch", "gcc"}))
	_, err := dnf("\nFEDORA := gcc:gcc \\\n\ta:nonesuch\nfedora = x\n")
	require.ErrorContains(t, err, "no document was found for nonesuch")
	_, err = dnf("\nFEDORA := gcc\n")
	require.ErrorContains(t, err, "gcc is not DEBIAN:FEDORA")
	makefile, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	_, err = dnf(string(makefile))
	require.NoError(t, err)
}

func TestAnInterruptedPlaceGoesOn(t *testing.T) {
	was := place{Of: "abc", Checks: []check{{"one", passedCheck, "1"}, {"two", failedCheck, "no"}, {"three", notRun, ""}}}
	require.Nil(t, was.known("def"), "another commit")
	known := was.known("abc")
	require.Equal(t, map[string]check{"one": {"one", passedCheck, "1"}}, known)
	was.Ended = true
	require.Nil(t, was.known("abc"), "tried to its end")

	p := &trial{ctx: t.Context(), place: &place{}, known: known}
	again := func() (string, error) { return "again", nil }
	p.do("one", again)
	p.do("two", again)
	require.Equal(t, []check{{"one", passedCheck, "1"}, {"two", passedCheck, "again"}}, p.place.Checks)
}

func TestWhatMakeInstallsIsRead(t *testing.T) {
	require.Equal(t, []string{"gcc", "libc6-dev", "chromium"}, installed("make: installing gcc libc6-dev\nW: a warning\nmake: installing chromium\n"))
}
