//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// shown finds what the documents show of this program's commands, and of what they wrote.
var shown = regexp.MustCompile(`(?m)^\$ ((?:vkeras (?:queue|submit|work|collect)\b|head -1 answers\.jsonl).*)$`)

// The documents' commands run as they stand, one after the other, on a machine that
// need not have a GPU; only the server's folder and port are the test's.
func TestTheCommandsOfTheDocumentsRunAsTheyStand(t *testing.T) {
	for document, c := range map[string]struct {
		commands, answers int
	}{
		"commands.md": {4, 18},
		"scale.md":    {6, 18},
	} {
		t.Run(document, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("../../../docs", document))
			require.NoError(t, err)
			commands := shown.FindAllStringSubmatch(string(text), -1)
			require.Len(t, commands, c.commands)
			shell := newReader(t)
			for _, command := range commands {
				switch line := command[1]; {
				case strings.HasPrefix(line, "vkeras queue"):
					shell.start(line, "ready: ")
				case strings.HasPrefix(line, "vkeras work") && !strings.Contains(line, "--until-done"):
					shell.start(line, "msg=ready")
				default:
					out, err := shell.command(line).CombinedOutput()
					require.NoError(t, err, "%s\n%s", line, out)
				}
			}
			written, err := os.ReadFile(filepath.Join(shell.folder, "answers.jsonl"))
			require.NoError(t, err)
			all := answers(t, string(written))
			require.Len(t, all, c.answers)
			for _, a := range all {
				require.Empty(t, a.Error)
			}
		})
	}
}

// reader is somebody who follows a document.
type reader struct {
	t               *testing.T
	folder, address string
}

func newReader(t *testing.T) *reader {
	r := &reader{t, t.TempDir(), freeAddress(t)}
	for _, name := range []string{"photos", "pictures"} {
		require.NoError(t, os.CopyFS(filepath.Join(r.folder, name), os.DirFS(pictures)))
	}
	return r
}

// command is a line as bash runs it.
func (r *reader) command(line string) *exec.Cmd {
	line = regexp.MustCompile(`/var/lib/[a-z-]+`).ReplaceAllLiteralString(line, filepath.Join(r.folder, "store"))
	line = strings.Replace(line, " :4222", " "+r.address, 1)
	c := exec.CommandContext(r.t.Context(), "bash", "-c", line)
	c.Dir = r.folder
	c.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "NATS_URL=nats://"+r.address)
	return c
}

// start starts what goes on until it is stopped, and waits until it says so.
func (r *reader) start(line, ready string) {
	r.t.Helper()
	says, err := os.CreateTemp(r.folder, "says")
	require.NoError(r.t, err)
	c := r.command(line)
	c.Stdout, c.Stderr = says, says
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(r.t, c.Start())
	r.t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		_ = c.Wait()
		says.Close()
	})
	eventually(r.t, line, func() bool {
		b, err := os.ReadFile(says.Name())
		return err == nil && strings.Contains(string(b), ready)
	})
}
