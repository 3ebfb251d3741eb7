package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFolderIsSubmittedByAbsolutePaths(t *testing.T) {
	s := newServer(t)
	labels, err := direct()
	require.NoError(t, err)
	require.Contains(t, vkeras(t, "", "submit", "--nats", s.url(), pictures), "job default: 18 new pictures, 0 duplicates refused")
	require.Contains(t, vkeras(t, "no/such.png\n", "submit", "--nats", s.url(), "--list", "-"), "1 new pictures")
	require.Contains(t, vkeras(t, "", "submit", "--nats", s.url(), filepath.Join(pictures, "..", "pictures")), "0 new pictures, 18 duplicates")
	early := start(t, "", "collect", "--nats", s.url())
	require.Equal(t, failed, early.status())
	require.Contains(t, early.says.String(), "vkeras: job default: 0 dead")
	require.Contains(t, early.says.String(), "19 waiting")
	vkeras(t, "", "work", "--nats", s.url(), "--until-done", "--allow-cpu", "--", "--top", "2")
	all := answers(t, vkeras(t, "", "collect", "--nats", s.url()))
	require.Len(t, all, 19)
	for _, a := range all {
		if a.Path == "no/such.png" {
			require.Contains(t, a.Error, "no such file")
			continue
		}
		require.Len(t, a.Classes, 2, "flags after -- are the worker's")
		require.Equal(t, labels[a.Path], a.Classes[0].Label)
	}
	require.Len(t, answers(t, vkeras(t, "", "collect", "--nats", s.url(), "--remove")), 19)
	gone := start(t, "", "collect", "--nats", s.url())
	require.Equal(t, failed, gone.status())
	require.Contains(t, gone.says.String(), "vkeras: job default: no such job on this server, nor any other")
}

func TestAShardIsOneItemWithAnAnswerForEachPicture(t *testing.T) {
	s := newServer(t)
	labels, err := direct()
	require.NoError(t, err)
	shards := t.TempDir()
	vkeras(t, "", "decode", "--size", "64x64", "--per-file", "5", "--out", shards, pictures)
	require.Contains(t, vkeras(t, "", "submit", "--nats", s.url(), shards), "4 new pictures")
	require.Contains(t, vkeras(t, "", "submit", "--nats", s.url(), pictures), "18 new pictures")
	vkeras(t, "", "work", "--nats", s.url(), "--until-done", "--allow-cpu", "--batch", fmt.Sprint(batch))
	seen := map[string]int{}
	for _, a := range answers(t, vkeras(t, "", "collect", "--nats", s.url())) {
		require.Empty(t, a.Error)
		seen[filepath.Ext(a.Path)+" "+a.Classes[0].Label]++
	}
	want := map[string]int{}
	for path, label := range labels {
		want[filepath.Ext(path)+" "+label]++
		want[".npy "+label]++
	}
	require.Equal(t, want, seen)
}

func TestSignalsEndTheWorkInPeace(t *testing.T) {
	s := newServer(t)
	lines, paths := items(t, 200)
	vkeras(t, lines, "submit", "--nats", s.url(), "--job", "s")
	w := start(t, "", "work", "--nats", s.url(), "--job", "s", "--allow-cpu", "--batch", fmt.Sprint(batch))
	job := open(t, s.url(), "s")
	eventually(t, "results", func() bool { return results(t, job)() > 10 })
	w.signal(syscall.SIGTERM)
	require.Equal(t, ok, w.status())
	state, err := job.State(t.Context())
	require.NoError(t, err)
	require.Greater(t, state.Waiting, uint64(0))
	require.Equal(t, uint64(len(paths)), state.Results+state.Waiting, "what it held is done")

	follow := start(t, "", "collect", "--nats", s.url(), "--job", "s", "--follow")
	eventually(t, "what there is", func() bool { return strings.Count(follow.out.String(), "\n") == int(state.Results) })
	follow.signal(os.Interrupt)
	require.Equal(t, interrupted, follow.status())
	s.signal(syscall.SIGTERM)
	require.Equal(t, ok, s.status())
}

func TestWhatCannotBeIsSaidInALine(t *testing.T) {
	s := newServer(t)
	nobody := "nats://" + freeAddress(t)
	vkeras(t, "a.png", "submit", "--nats", s.url())
	list := filepath.Join(t.TempDir(), "list")
	require.NoError(t, os.WriteFile(list, []byte("b.png\n{\"id\": 1}\n"), 0o644))
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no server for submit":     {[]string{"submit", "--nats", nobody, pictures}, failed, "no NATS server at " + nobody},
		"no server for work":       {[]string{"work", "--nats", nobody}, failed, "no NATS server at " + nobody},
		"no server for collect":    {[]string{"collect", "--nats", nobody}, failed, "no NATS server at " + nobody},
		"no URL":                   {[]string{"collect", "--nats", "%%"}, failed, "(not a URL)"},
		"a password is not shown":  {[]string{"collect", "--nats", strings.Replace(nobody, "//", "//u:secret@", 1)}, failed, "u:xxxxx@"},
		"another protocol":         {[]string{"collect", "--nats", "tls://" + s.address}, failed, "no NATS server at tls://"},
		"no credentials":           {[]string{"collect", "--nats", s.url(), "--creds", "no/such"}, failed, "no/such"},
		"no such job":              {[]string{"collect", "--nats", s.url(), "--job", "nix"}, failed, "job nix: no such job on this server, which has: default"},
		"a name of no job":         {[]string{"submit", "--nats", s.url(), "--job", "a.b", pictures}, failed, "expected up to 64 letters"},
		"nothing to submit":        {[]string{"submit", "--nats", s.url()}, failed, "no pictures"},
		"no such folder":           {[]string{"submit", "--nats", s.url(), "no/such"}, failed, "no such file"},
		"no such list":             {[]string{"submit", "--nats", s.url(), "--list", "no/such"}, failed, "--list: "},
		"a fault in the list":      {[]string{"submit", "--nats", s.url(), "--list", list}, failed, "line 2: not an item: it has no path"},
		"two lists":                {[]string{"submit", "--list", list, pictures}, wrongUsage, "expected one of them"},
		"one delivery":             {[]string{"submit", "--max-deliver", "1", pictures}, wrongUsage, "2 or more"},
		"a cluster that is none":   {[]string{"submit", "--nats", s.url(), "--job", "x", "--replicas", "3", pictures}, failed, "replicas > 1 not supported"},
		"arguments of work":        {[]string{"work", "a.png"}, wrongUsage, "expected no argument before --"},
		"a batch of nothing":       {[]string{"work", "--batch", "0"}, wrongUsage, "--batch 0"},
		"no such model":            {[]string{"work", "--nats", s.url(), "--allow-cpu", "--model", "no/such.h5"}, failed, "no/such.h5"},
		"wrong flags of a worker":  {[]string{"work", "--nats", s.url(), "--", "--modell"}, failed, "unknown flag: --modell"},
		"no such program":          {[]string{"work", "--nats", s.url(), "--program", "no/such"}, failed, "no/such"},
		"a server without a store": {[]string{"queue"}, wrongUsage, "store"},
		"an address of no sense":   {[]string{"queue", "--store", t.TempDir(), "--listen", "4222"}, wrongUsage, "expected ADDRESS:PORT"},
		"an address that is taken": {[]string{"queue", "--store", t.TempDir(), "--listen", s.address}, failed, "in use"},
		"a store that is taken":    {[]string{"queue", "--store", s.store, "--listen", freeAddress(t)}, failed, "another server uses it"},
		"a file of no server":      {[]string{"queue", "--config", list}, failed, "--config: "},
		"an unknown flag":          {[]string{"collect", "--x"}, wrongUsage, "unknown flag: --x"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, "", c.args...)
			require.Equal(t, c.status, p.status(), p.says.String())
			require.Contains(t, p.says.String(), c.says)
			require.Empty(t, p.out.String())
			require.NotContains(t, p.says.String(), "goroutine")
		})
	}
}

func TestSeveralDevicesShareTheWork(t *testing.T) {
	s := newServer(t)
	lines, paths := items(t, 60)
	vkeras(t, lines, "submit", "--nats", s.url())
	w := start(t, "", "work", "--nats", s.url(), "--until-done", "--allow-cpu", "--batch", fmt.Sprint(batch), "--device", "name:llvmpipe", "--device", "name:voodoo")
	require.Equal(t, failed, w.status(), "one of them failed")
	require.Contains(t, w.says.String(), "this device leaves the work")
	require.Contains(t, w.says.String(), "voodoo")
	exactlyOnce(t, paths, vkeras(t, "", "collect", "--nats", s.url()))
}

func TestHelpIsThatOfTheCommand(t *testing.T) {
	for _, command := range []string{"submit", "work", "collect", "queue"} {
		for _, args := range [][]string{{command, "--help"}, {"help", command}} {
			require.Contains(t, vkeras(t, "", args...), "Usage:\n  vkeras "+command)
		}
	}
}
