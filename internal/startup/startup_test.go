//go:build unix && cgo

package startup

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// asked is set for a process that only says what it was started with.
const asked = "VKERAS_TEST_STARTUP"

func TestMain(m *testing.M) {
	if os.Getenv(asked) != "" {
		fmt.Fprintln(os.Stderr, Closed(1), AddressSpace()>>20)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestWhatAProcessIsStartedWithIsSeen(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for _, c := range []struct {
		shell, says string
		fails       bool
	}{
		{`exec "$0"`, "false 8796093022207", false},
		{`exec "$0" >/dev/null`, "false 8796093022207", false},
		{`exec "$0" >&-`, "true 8796093022207", false},
		{`ulimit -v 3000000; exec "$0"`, "false 2929", false},
		{`ulimit -v 300000; exec "$0"`, "vkeras: MiB of address space (ulimit -v): the limit is 292, at least 1700 are needed", true},
		{`ulimit -n 4; exec "$0"`, "vkeras: files open at once (ulimit -n): the limit is 4, which leaves 1; at least 8 are needed", true},
		{`ulimit -n 10; exec "$0"`, "vkeras: files open at once (ulimit -n): the limit is 10, which leaves 7; at least 8 are needed", true},
		{`ulimit -n 16; exec "$0"`, "false 8796093022207", false},
	} {
		run := exec.CommandContext(t.Context(), "sh", "-c", c.shell, self)
		run.Env = append(os.Environ(), asked+"=1")
		out, err := run.CombinedOutput()
		require.Equal(t, c.fails, err != nil, "%s: %v", c.shell, err)
		require.Equal(t, c.says+"\n", string(out), c.shell)
	}
}
