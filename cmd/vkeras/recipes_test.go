//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
)

// recipes finds the workers' commands for Slurm and Kubernetes in docs/scale.md.
var recipes = regexp.MustCompile(`vkeras worker --shard \$(SLURM_ARRAY_TASK_ID|JOB_COMPLETION_INDEX)/4 [^"\n]*`)

// What the schedulers do around them is not run: each shard's command is, as it
// stands, with the scheduler's variable set. The data is elsewhere, and the
// driver is a CPU.
func TestTheRecipesForSlurmAndKubernetesRunAsTheyStand(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/scale.md")
	require.NoError(t, err)
	found := recipes.FindAllStringSubmatch(string(text), -1)
	require.Len(t, found, 2)
	tool, bin := buildTool(t), t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' \"$@\" --allow-cpu --quiet --batch 1\n", tool)
	require.NoError(t, os.WriteFile(filepath.Join(bin, "vkeras"), []byte(script), 0o755))
	files, err := classify.ListPictures([]string{folderOf(t, 23, 0)})
	require.NoError(t, err)
	for _, recipe := range found {
		t.Run(recipe[1], func(t *testing.T) {
			data := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(data, "list.txt"), []byte(strings.Join(files, "\n")+"\n"), 0o644))
			command := strings.ReplaceAll(recipe[0], "/data/", data+"/")
			start := func(shard int) *exec.Cmd {
				c := exec.CommandContext(t.Context(), "sh", "-c", command)
				c.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), fmt.Sprintf("%s=%d", recipe[1], shard))
				c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
				c.Stderr = os.Stderr
				require.NoError(t, c.Start())
				return c
			}
			killed := start(2)
			for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(5 * time.Millisecond) {
				if b, err := os.ReadFile(filepath.Join(data, "answers-2.jsonl")); err == nil && len(b) > 0 {
					break
				}
			}
			require.NoError(t, syscall.Kill(-killed.Process.Pid, syscall.SIGKILL))
			_ = killed.Wait() // killed, or faster
			seen := map[string]int{}
			for shard := range 4 {
				require.NoError(t, start(shard).Wait())
				b, err := os.ReadFile(filepath.Join(data, fmt.Sprintf("answers-%d.jsonl", shard)))
				require.NoError(t, err)
				for _, r := range work(t, string(b)) {
					require.Empty(t, r.Error)
					seen[r.Path]++
				}
			}
			require.Len(t, seen, len(files))
			for file, n := range seen {
				require.Equal(t, 1, n, file)
			}
		})
	}
}
