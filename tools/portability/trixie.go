package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// rooted returns a program in a root of Debian's, in which it finds that system's
// libraries alone. The mounts are the process's own and go with it.
func rooted(root, file string) program {
	return program{start: []string{"unshare", "--mount", "sh", "-c",
		`mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"`, root, file}}
}

// furnish copies the tool and the sample pictures into a root.
func furnish(root string) error {
	if os.Getuid() != 0 {
		return errors.New("roots can be entered by root alone: run it by sudo make portability-trixie")
	}
	to := root + "/" + filepath.Dir(pictures)
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for from, to := range map[string]string{here: root + "/vkeras", pictures: to} {
		if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
	}
	return nil
}

// trixie tries Debian 13's Mesa, and times it beside Debian 12's.
func trixie(t *trial) error {
	roots := map[string]program{}
	for _, name := range []string{"bookworm", "trixie"} {
		root, err := filepath.Abs("bin/_roots/" + name)
		if err != nil {
			return err
		}
		if err := furnish(root); err != nil {
			return err
		}
		lavapipe, err := driver(root, "lvp_icd")
		if err != nil {
			return err
		}
		roots[name] = rooted(root, "/vkeras").on("VK_DRIVER_FILES="+lavapipe, "VK_ICD_FILENAMES="+lavapipe, "XDG_CACHE_HOME=/tmp/cache")
	}
	p := roots["trixie"]
	t.place.On = "Debian 13's mesa-vulkan-drivers"
	t.classifies(p, "0", pictures)
	t.validates(p)
	t.validates(p, "--planned")
	t.do("time of an answer (`vkeras bench`, batch 1), beside Debian 12's Mesa", func() (string, error) { return t.beside(p, roots["bookworm"]) })

	radeon, err := driver("bin/_roots/trixie", "radeon_icd")
	if err != nil {
		return err
	}
	for _, family := range []string{"navi31", "gfx1201"} {
		t.compiles(p.on("VK_DRIVER_FILES="+radeon, "VK_ICD_FILENAMES="+radeon, "RADV_FORCE_FAMILY="+family), family)
	}
	t.kernels(p) // last: it takes minutes
	t.skip("a Radeon that computes", "no such GPU was at hand: RADV compiles for it, and no more")
	return nil
}

// driver returns the manifest of a driver, as it is called inside of the root.
func driver(root, name string) (string, error) {
	found, err := filepath.Glob(root + "/usr/share/vulkan/icd.d/" + name + "*.json")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s: no driver %s: remove the root, and make it again", root, name)
	}
	return "/usr/share/vulkan/icd.d/" + filepath.Base(found[0]), nil
}

// beside times both in turns and takes the shortest run of each: what else the
// machine does then burdens both.
func (t *trial) beside(p, other program) (string, error) {
	best := [2]time.Duration{}
	for range 3 {
		for i, p := range []program{p, other} {
			out, err := t.run(p.command("bench", "--quiet", "--json", "--no-reference", "--devices", "0", "--batch", "1", "--runs", "20"))
			if err != nil {
				return "", err
			}
			ms, err := fastest(out.stdout)
			if err != nil {
				return "", err
			}
			if d := time.Duration(ms * 1e6); best[i] == 0 || d < best[i] {
				best[i] = d
			}
		}
	}
	return fmt.Sprintf("%.1f ms, there %.1f ms: %.2f times as long", 1e3*best[0].Seconds(), 1e3*best[1].Seconds(), float64(best[0])/float64(best[1])), nil
}

// fastest reads the shortest run of the one measurement, in ms.
func fastest(text string) (float64, error) {
	var r struct {
		Runs []struct {
			Latency struct{ Min float64 } `json:"latency_ms"`
		}
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return 0, err
	}
	if len(r.Runs) != 1 || r.Runs[0].Latency.Min <= 0 {
		return 0, fmt.Errorf("bench wrote %q", lastLine(text))
	}
	return r.Runs[0].Latency.Min, nil
}

// compiles has RADV compile all kernels for a GPU that is not there.
func (t *trial) compiles(p program, family string) {
	t.try("RADV compiles every kernel for "+family+" (`vkeras kernels --statistics`)", p.command("kernels", "--statistics"), func(o output) (string, error) {
		if !strings.Contains(strings.ToLower(o.stdout+o.stderr), family) {
			return "", fmt.Errorf("it compiles for another GPU: %s", lastLine(o.stderr, o.stdout))
		}
		return fmt.Sprintf("%d lines of statistics; %s", strings.Count(o.stdout, "\n"), o.took()), nil
	})
}
