package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAQueueNeedsItsProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, command := range []string{"submit", "work", "collect", "queue"} {
		r := vkeras(t, nil, command, "--job", "x")
		require.Equal(t, failed, r.status)
		require.Contains(t, r.stderr, "vkeras-queue is neither beside this program nor on the path: `make build` builds it")
		require.Equal(t, 1, strings.Count(r.stderr, "\n"), r.stderr)
		r = vkeras(t, nil, "help", command)
		require.Contains(t, r.stderr, "vkeras-queue is neither")
	}
}

func TestQueueCommandsAreHandedOverAsTheyAre(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	program := filepath.Join(folder, queueName)
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\nread line\nfor a; do echo \"$a\"; done\necho \"$line\"\necho gone >&2\nexit 130\n"), 0o755))
	r := vkeras(t, strings.NewReader("a line\n"), "work", "-q", "--job", "my job", "--help", "--", "--top=2")
	require.Equal(t, interrupted, r.status)
	require.Equal(t, "work\n-q\n--job\nmy job\n--help\n--\n--top=2\na line\n", r.stdout)
	require.Equal(t, "gone\n", r.stderr, "it has said why")
	r = vkeras(t, strings.NewReader("x\n"), "help", "submit")
	require.Equal(t, "submit\n--help\nx\n", r.stdout)
}

func TestAWorkerIsReadyWhenItAnswersALineWithoutAPath(t *testing.T) {
	r := vkeras(t, strings.NewReader(`{"id":"ready?","path":""}`), "worker", "--allow-cpu")
	require.Equal(t, ok, r.status, r.stderr)
	got := work(t, r.stdout)
	require.Len(t, got, 1, "module queue relies on it")
	require.Contains(t, got[0].Error, "it has no path")
}
