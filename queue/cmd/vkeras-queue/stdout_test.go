//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Both as vkeras, which hands over, and by itself.
func TestStandardOutputThatTakesNothingIsStatus1AndALine(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	s := newServer(t)
	vkeras(t, "no/such.png\n", "submit", "--nats", s.url(), "--job", "dead")
	vkeras(t, "", "work", "--nats", s.url(), "--job", "dead", "--until-done", "--allow-cpu")
	for _, args := range []string{
		"submit --nats " + s.url() + " " + pictures,
		"submit --nats " + s.url() + " --job dead --retry-dead",
		"collect --nats " + s.url() + " --job dead",
		"--help", "submit --help", "work --help", "collect --help", "queue --help", "help work", "completion bash",
	} {
		for where, says := range map[string]string{">/dev/full": "no space left on device", ">&-": "file already closed"} {
			for _, program := range []string{"vkeras", "vkeras-queue"} {
				out, err := exec.CommandContext(t.Context(), "sh", "-c", filepath.Join(programs, program)+" "+args+" "+where).CombinedOutput()
				var exit *exec.ExitError
				require.ErrorAs(t, err, &exit, "%s %s %s: %s", program, args, where, out)
				require.Equal(t, failed, exit.ExitCode(), "%s %s %s: %s", program, args, where, out)
				require.Contains(t, string(out), "vkeras: standard output: ", "%s %s %s", program, args, where)
				require.Contains(t, string(out), says+"\n")
			}
		}
	}
}
