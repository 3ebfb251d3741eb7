package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vkeras/vkeras/doctor"
)

const (
	pictures   = "testdata/demo/pictures"
	onePicture = pictures + "/two_1.png"
	here       = "bin/vkeras" // the tool of this machine, by which the others are judged
)

// program is vkeras on a system or a driver.
type program struct {
	start []string // what starts it: an emulator, a root, and the file
	env   []string
}

func (p program) command(args ...string) command {
	return command{args: slices.Concat(p.start, args), env: p.env}
}

// on returns the program with a variable more in its environment.
func (p program) on(variables ...string) program {
	p.env = slices.Concat(p.env, variables)
	return p
}

// version checks which system the program was built for.
func (t *trial) version(p program, system string) {
	t.try("`vkeras version`", p.command("version"), contains(system))
}

// summary compares the demo model's summary with what this machine prints.
func (t *trial) summary(p program) {
	want, err := t.run(program{start: []string{here}}.command("summary"))
	if err != nil {
		t.note("`vkeras summary`", "", err)
		return
	}
	t.try("`vkeras summary`", p.command("summary"), func(o output) (string, error) {
		if strings.ReplaceAll(o.stdout, "\r\n", "\n") != want.stdout {
			return "", errors.New("it prints another summary than Linux on amd64 does")
		}
		return "byte by byte what Linux on amd64 prints", nil
	})
}

// classifies compares answers with those of the reference of this machine, within 1e-4.
func (t *trial) classifies(p program, device string, files ...string) {
	what := fmt.Sprintf("`vkeras classify --device %s`, %s", device, plural(len(files), "picture"))
	if len(files) == 1 && files[0] == pictures {
		what = fmt.Sprintf("`vkeras classify --device %s`, the sample pictures", device)
	}
	args := append([]string{"classify", "--quiet", "--csv"}, files...)
	want, err := t.run(program{start: []string{here}}.command(append(args, "--device", "reference")...))
	if err != nil {
		t.note(what, "", err)
		return
	}
	t.try(what, p.command(append(args, "--device", device)...), func(o output) (string, error) {
		apart, n, err := compare(o.stdout, want.stdout)
		return fmt.Sprintf("%s as the reference on amd64, at most %.1e apart; %s", plural(n, "answer"), apart, o.took()), err
	})
}

// pngs are the sample pictures that every decoder reads alike: where libjpeg-turbo is
// not installed, JPEG files come out a few levels apart.
func pngs() []string {
	files, err := filepath.Glob(pictures + "/*.png")
	if err != nil || len(files) == 0 {
		return []string{pictures}
	}
	return files
}

// compare compares answers in CSV and returns the largest difference of probabilities.
func compare(got, want string) (apart float64, n int, err error) {
	read := func(text string) ([][]string, error) {
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err == nil && len(rows) < 2 {
			err = errors.New("no answers")
		}
		return rows, err
	}
	g, err := read(got)
	if err != nil {
		return 0, 0, err
	}
	w, err := read(want)
	if err != nil {
		return 0, 0, err
	}
	if len(g) != len(w) {
		return 0, 0, fmt.Errorf("%d answers, not %d", len(g)-1, len(w)-1)
	}
	for i := 1; i < len(g); i++ {
		if g[i][3] != w[i][3] {
			return 0, 0, fmt.Errorf("%s: class %s, not %s", w[i][0], g[i][3], w[i][3])
		}
		a, errA := strconv.ParseFloat(g[i][4], 64)
		b, errB := strconv.ParseFloat(w[i][4], 64)
		if err := errors.Join(errA, errB); err != nil {
			return 0, 0, err
		}
		apart = max(apart, math.Abs(a-b))
	}
	if apart > 1e-4 {
		return apart, len(g) - 1, fmt.Errorf("probabilities are %g apart", apart)
	}
	return apart, len(g) - 1, nil
}

// names classifies a picture whose path has spaces and letters outside of ASCII.
func (t *trial) names(p program) {
	file := filepath.Join(t.folder, "two words", "Zürich 手.png")
	what := "a path with spaces, an umlaut and a Chinese character"
	text, err := os.ReadFile(onePicture)
	if err = errors.Join(err, os.MkdirAll(filepath.Dir(file), 0o755)); err == nil {
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		t.note(what, "", err)
		return
	}
	t.try(what, p.command("classify", "--quiet", "--device", "cpu", "--csv", file), func(o output) (string, error) {
		rows, err := csv.NewReader(strings.NewReader(o.stdout)).ReadAll()
		if err != nil || len(rows) != 2 || !strings.HasSuffix(rows[1][0], "Zürich 手.png") || rows[1][3] != "2" {
			return "", fmt.Errorf("it printed %q: %w", lastLine(o.stdout), errors.Join(err, errors.New("another path or class")))
		}
		return "classified, and printed as it is", nil
	})
}

// interrupts interrupts a worker that waits for its next line.
func (t *trial) interrupts(p program) {
	t.do("an interrupt (Ctrl-C) while standard input is waited for", func() (string, error) { return t.interrupted(p) })
}

func (t *trial) interrupted(p program) (string, error) {
	x := exec.CommandContext(t.ctx, p.start[0], append(slices.Clone(p.start[1:]), "worker", "--quiet", "--device", "cpu")...)
	x.Env = append(os.Environ(), p.env...)
	in, err := x.StdinPipe()
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := x.StdoutPipe()
	if err != nil {
		return "", err
	}
	var stderr strings.Builder
	x.Stderr = &stderr
	if err := x.Start(); err != nil {
		return "", err
	}
	tooLong := time.AfterFunc(3*time.Minute, func() { _ = x.Process.Kill() })
	defer tooLong.Stop()
	if _, err := io.WriteString(in, onePicture+"\n"); err != nil {
		return "", err
	}
	if answer, err := bufio.NewReader(out).ReadString('\n'); err != nil { // it is there
		_ = x.Process.Kill()
		return "", fmt.Errorf("no answer but %q: %w: %s", answer, err, lastLine(stderr.String()))
	}
	if err := x.Process.Signal(os.Interrupt); err != nil {
		return "", err
	}
	err = x.Wait()
	if x.ProcessState.ExitCode() != 130 || !strings.Contains(stderr.String(), "interrupted") {
		return "", fmt.Errorf("%w, status %d: %s", err, x.ProcessState.ExitCode(), lastLine(stderr.String()))
	}
	return "it says so and ends with status 130", nil
}

// kernels has doctor try every kernel, and reports whether there was a device; its
// name becomes the place's.
func (t *trial) kernels(p program, flags ...string) bool {
	what := "`" + strings.Join(append([]string{"vkeras doctor"}, flags...), " ") + "`: every kernel on small shapes against the reference"
	found := false
	if c, known := t.known[what]; known {
		t.add(c)
		t.place.On = t.on // with the device that doctor named
		return true
	}
	t.do(what, func() (string, error) {
		o, failed := t.run(p.command(append([]string{"doctor", "--json"}, flags...)...)) // it fails where a kernel does, and says which
		var r doctor.Report
		if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
			return "", cmp.Or(failed, err)
		}
		if len(r.Devices) == 0 {
			return "", fmt.Errorf("no device: %s", r.Error)
		}
		found = true
		d := r.Devices[0]
		t.place.On += fmt.Sprintf(": %s, %s, Vulkan %s", d.Name, d.Driver, d.API)
		if wrong := wrongKernels(d.Kernels); wrong != "" {
			return "", errors.New(wrong)
		}
		return fmt.Sprintf("%d kernels, %d cases; %s", len(d.Kernels), d.Cases(), o.took()), failed
	})
	return found
}

// wrongKernels names the kernels that failed, with the reason of the first.
func wrongKernels(list []doctor.Kernel) string {
	var names []string
	why := ""
	for _, k := range list {
		if !k.Passed {
			names = append(names, k.Name)
			why = cmp.Or(why, k.Error)
		}
	}
	if names == nil {
		return ""
	}
	return fmt.Sprintf("%d of %s: %s: %s", len(names), plural(len(list), "kernel"), strings.Join(names, ", "), why)
}

// validates holds every layer of the demo model to the reference.
func (t *trial) validates(p program, flags ...string) {
	what := "`" + strings.Join(append([]string{"vkeras validate --device 0"}, flags...), " ") + "`, the demo model"
	t.try(what, p.command(append([]string{"validate", "--quiet", "--device", "0", "--failed"}, flags...)...), func(o output) (string, error) {
		return "no layer fails; " + o.took(), nil
	})
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
