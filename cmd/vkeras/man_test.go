package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryCommandHasAManualPage(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "86400")
	folder := filepath.Join(t.TempDir(), "man1")
	succeeded(t, "man", folder)
	listed := (&tool{}).root().Commands()
	require.NotEmpty(t, listed)
	for _, c := range listed {
		file := filepath.Join(folder, "vkeras-"+c.Name()+".1")
		if c.Hidden {
			require.NoFileExists(t, file)
			continue
		}
		page, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(page), `.TH "VKERAS-`)
		require.Contains(t, string(page), `"Jan 1970"`)
		require.Contains(t, string(page), c.Short)
	}
	require.FileExists(t, filepath.Join(folder, "vkeras.1"))
	require.NotContains(t, succeeded(t, "--help"), "manual pages")
}
