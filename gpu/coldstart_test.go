package gpu

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/cachefile"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/shaders"
)

func coldFolder(t *testing.T) string {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	folder, err := cachefile.Folder()
	require.NoError(t, err)
	return folder
}

func TestAColdStartNotesItsKernelsAndGivesTheLockBack(t *testing.T) {
	folder := coldFolder(t)
	d := openTest(t)
	g, _, _ := optest.Network(t, 11, 2)
	n, err := Load(d, g, Options{Batch: 2})
	require.NoError(t, err)
	defer n.Close()
	var used []shaders.Kernel
	for _, x := range n.full {
		used = append(used, x.Kernel)
	}
	require.Empty(t, d.notMade(folder, used))
	lock, err := cachefile.TryLock(folder, d.coldName()+".lock")
	require.NoError(t, err)
	defer lock.Unlock()
	again, err := Load(d, g, Options{Batch: 2}) // which makes nothing, and so needs no turn
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestAColdStartWaitsForAnothers(t *testing.T) {
	folder := coldFolder(t)
	d := openTest(t)
	k, ok := shaders.Named("conv2d")
	require.True(t, ok)
	lock, err := cachefile.TryLock(folder, d.coldName()+".lock")
	require.NoError(t, err)
	defer lock.Unlock()
	came := make(chan *coldStart)
	go func() {
		c := &coldStart{device: d}
		c.begin([]shaders.Kernel{k})
		came <- c
	}()
	select {
	case <-came:
		t.Fatal("it did not wait")
	case <-time.After(100 * time.Millisecond):
	}
	d.noteMade(folder, []string{k.Variant()}) // by the holder, who is still busy
	c := <-came
	require.Nil(t, c.lock, "nothing is left to make")
	require.Empty(t, c.made)
}

func TestAColdStartThatFailedLeavesTheWorkToAnother(t *testing.T) {
	folder := coldFolder(t)
	d := openTest(t)
	k, ok := shaders.Named("conv2d")
	require.True(t, ok)
	for _, works := range []bool{false, true, true} {
		before := d.notMade(folder, []shaders.Kernel{k})
		c := &coldStart{device: d}
		c.begin([]shaders.Kernel{k})
		require.Equal(t, before, c.made)
		require.Equal(t, len(before) > 0, c.lock != nil)
		c.end(works)
		require.Nil(t, c.lock)
	}
	require.Empty(t, d.notMade(folder, []shaders.Kernel{k}))
}

func TestWithoutACacheFolderAColdStartGoesOn(t *testing.T) {
	d := openTest(t)
	k, ok := shaders.Named("conv2d")
	require.True(t, ok)
	file := t.TempDir() + "/file"
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	t.Setenv("XDG_CACHE_HOME", file)
	c := &coldStart{device: d}
	c.begin([]shaders.Kernel{k})
	require.Nil(t, c.lock)
	c.end(true)
}
