//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// notRun are the commands of README.md and docs that are not run here, by how they
// begin, and why.
var notRun = map[string]string{
	"make ":                                 "a target of the Makefile: it builds and tests all of this",
	"vkeras view ":                          "opens a window: make view-test",
	"vkeras serve ":                         "serves for ever: make serve-test drives it with real clients",
	"vkeras explore":                        "serves a page until a signal: TestExplore, make explore-test",
	"ssh ":                                  "needs another machine",
	"curl ":                                 "needs the server: make serve-test",
	"grpcurl ":                              "needs the server: make serve-test",
	"glslc ":                                "compiles a shader of the reader's",
	"vkeras classify --csv --model a.keras": "a model of the reader's, of 224 x 224 pixels",
	"ls shards/":                            "a model of the reader's, of 224 x 224 pixels",
	"head -1 answers.jsonl":                 "shows what the command before it wrote",
	"vkeras queue ":                         "run by the module queue, as they stand too",
	"vkeras submit ":                        "run by the module queue",
	"vkeras work ":                          "run by the module queue",
	"vkeras collect ":                       "run by the module queue",
	"vkeras predict --model siamese":        "a model of the reader's with two inputs: TestPredict",
	"vkeras predict --model heads":          "a model of the reader's with two outputs: TestPredict",
	"vkeras classify --model converted_keras":           "a model of the reader's: package loader reads such files",
	"vkeras classify --model checkpoints":               "a model of the reader's: package loader reads such files",
	"vkeras classify --model ~/.keras/models/mobilenet": "a model that Keras fetches: package applications opens such files",
	"vkeras models":                                            "what Keras fetched on the reader's machine: TestModels",
	"vkeras summary --model my_savedmodel":                     "a model of the reader's: package loader reads such files",
	"vkeras validate testdata/demo/pictures/two_1.png --spirv": "needs a shader of the reader's",
}

// slow take so long that they run only where VKERAS_SNIPPETS is "all": make snippets.
var slow = regexp.MustCompile(`vkeras (doctor|bench|study|validate|profile)\b`)

var console = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")

// snippets returns the commands that a text shows, in order.
func snippets(text string) []string {
	var list []string
	for _, block := range console.FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(block[1]) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				list = append(list, strings.TrimSpace(command))
			}
		}
	}
	return list
}

// readersFolder is a folder with what the texts take for granted: the repository's
// files, and some of the reader's.
func readersFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	for _, name := range []string{"testdata", "validate", "README.md", "shaders", "internal"} {
		require.NoError(t, os.Symlink(filepath.Join(root, name), filepath.Join(folder, name)))
	}
	hand := mustRead(t, oneHand(t))
	for _, name := range []string{"hand.png", "five_1.png", "photos/a.png", "photos/b/c.png", "pictures/d.png", "photos/e.jpg"} {
		name = filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, hand, 0o644))
	}
	file := mustRead(t, model)
	for _, name := range []string{"my_resnet.keras", "a.keras", "b.keras"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), file, 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "list.txt"), []byte("hand.png\nphotos/a.png\n"), 0o644))
	require.NoError(t, os.Rename(npyFile(t, "<f4", "(1, 64, 64, 3)", 4*64*64*3), filepath.Join(folder, "x.npy")))
	return folder
}

// The commands run as they stand, on a machine that need not have a GPU.
func TestTheCommandsOfTheDocumentsRunAsTheyStand(t *testing.T) {
	t.Parallel()
	tool, root := buildTool(t), "../.."
	documents, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	ran, reasons := 0, map[string]bool{}
	for _, document := range append([]string{filepath.Join(root, "README.md")}, documents...) {
		commands := snippets(string(mustRead(t, document)))
		if len(commands) == 0 {
			continue
		}
		t.Run(filepath.Base(document), func(t *testing.T) {
			folder, bin := readersFolder(t), t.TempDir()
			require.NoError(t, os.Symlink(tool, filepath.Join(bin, "vkeras")))
			for _, command := range commands {
				if excused(command, reasons) || slow.MatchString(command) && os.Getenv("VKERAS_SNIPPETS") != "all" {
					continue
				}
				ran++
				runSnippet(t, folder, bin, command)
			}
		})
	}
	require.Greater(t, ran, 15)
	for begins := range notRun {
		require.True(t, reasons[begins], "no document has a command that begins with %q", begins)
	}
}

func excused(command string, reasons map[string]bool) bool {
	found := false
	for begins := range notRun {
		if strings.HasPrefix(command, begins) {
			reasons[begins], found = true, true
		}
	}
	return found
}

// runSnippet runs a command in bash; some show a failure on purpose.
func runSnippet(t *testing.T, folder, bin, command string) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // cores may be busy with other work
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-c", command)
	c.Dir = folder
	c.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	require.NoError(t, c.Run(), "%s\n%s", command, out.String())
}
