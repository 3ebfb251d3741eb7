//go:build !window

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestViewNeedsItsViewer(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r := vkeras(t, nil, "view", samples)
	require.Equal(t, failed, r.status)
	require.Contains(t, r.stderr, "vkeras-view is neither beside this program nor on the path: `make view` builds it")
}

func TestViewHandsItsArgumentsToTheViewer(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	viewer := filepath.Join(folder, viewerName)
	require.NoError(t, os.WriteFile(viewer, []byte("#!/bin/sh\nfor a; do echo \"$a\"; done\n"), 0o755))
	r := vkeras(t, nil, "view", "-q", "--model", "my net.h5", "-d", "llvm", "--", "-odd.png", "b.png")
	require.Equal(t, ok, r.status, r.stderr)
	require.Equal(t, "--device=llvm\n--model=my net.h5\n--quiet=true\n--\n-odd.png\nb.png\n", r.stdout)

	require.NoError(t, os.WriteFile(viewer, []byte("#!/bin/sh\necho vkeras: no >&2; exit 3\n"), 0o755))
	r = vkeras(t, nil, "view")
	require.Equal(t, failed, r.status)
	require.Equal(t, "vkeras: no\n", r.stderr, "the viewer has said it")
}
