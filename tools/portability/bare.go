package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// suites are Debian's releases that bare roots are made of.
var suites = []string{"bookworm", "trixie"}

// bare gives the README's first command to minimal roots of Debian: make and
// certificates, a Go beside them, and nothing else. Go, the modules that it has
// fetched and its build cache are this machine's, mounted into the root.
func bare(t *trial) error {
	t.place.On = "minimal roots of Debian 12 and 13 with make, this machine's Go and its caches"
	for _, suite := range suites {
		root, err := t.fresh(suite)
		if err != nil {
			t.note(suite+": a root", "", err)
			continue
		}
		in := func(root bareRoot, what, script string, judge judgement) {
			t.try(suite+": "+what, bareShell(root, script), judge)
		}
		in(root.over("guest"), "`make setup` by a user without sudo", `useradd -m guest; su guest -s /bin/sh -c 'cd /vkeras; PATH=/usr/local/go/bin:$PATH; make setup' && exit 1; true`, func(o output) (string, error) {
			for line := range strings.Lines(o.stderr) {
				if strings.Contains(line, "please install") {
					return "refused: " + strings.TrimSpace(line), nil
				}
			}
			return "", errors.New(lastLine(o.stderr))
		})
		in(root.over("sudo"), "`make setup` by a user with sudo", `apt-get install -y -qq --no-install-recommends sudo >/dev/null
			echo 'guest ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/guest; useradd -m guest; su guest -s /bin/sh -c 'cd /vkeras; PATH=/usr/local/go/bin:$PATH; make setup'`, func(o output) (string, error) {
			for _, p := range []string{"gcc", "libvulkan1", "libturbojpeg0", "libvulkan-dev", "mesa-vulkan-drivers"} {
				if !strings.Contains(o.stderr, "installing "+p) {
					return "", fmt.Errorf("it did not install %s: %s", p, lastLine(o.stderr, o.stdout))
				}
			}
			return "installs " + strings.Join(installed(o.stderr), ", "), nil
		})
		t.known = nil // what follows goes on in one root
		in(root, "`make demo` by root, where there is no sudo", `cd /vkeras; make demo`, func(o output) (string, error) {
			if strings.Count(o.stdout, "two_1.png") != 2 {
				return "", errors.New(lastLine(o.stderr, o.stdout))
			}
			return "installs, builds, and classifies on the processor and on llvmpipe; " + o.took(), nil
		})
		in(root, "then `make view`", `cd /vkeras; make view; ! bin/vkeras-view version`, func(o output) (string, error) {
			if !strings.Contains(o.stderr, "there is no X server") {
				return "", errors.New(lastLine(o.stderr, o.stdout))
			}
			return "installs " + strings.Join(installed(o.stderr), ", ") + ", and builds the window, which says that there is no X server; " + o.took(), nil
		})
		in(root, "then `make layers`, the set-up of `make test`", `cd /vkeras; make layers; ls /usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json`, func(o output) (string, error) {
			return "installs " + strings.Join(installed(o.stderr), ", "), nil
		})
		t.skip(suite+": the tests of `make test`", "it is the same set-up, then what continuous integration runs")
		root.remove()
	}
	return nil
}

// installed returns what the Makefile says that it installs.
func installed(stderr string) (packages []string) {
	for line := range strings.Lines(stderr) {
		if _, names, found := strings.Cut(line, "make: installing "); found {
			packages = append(packages, strings.Fields(names)...)
		}
	}
	return packages
}

// bareRoot is a root of Debian's, with what was changed above it.
type bareRoot struct {
	debs  string   // packages that were fetched: one folder a place, for apt-get locks it
	below []string // what lies under the changes, from the top
	above string   // the changes
}

// fresh returns a root in which nothing has been installed yet, with the committed
// files in it, as a person has them who has cloned them.
func (t *trial) fresh(suite string) (bareRoot, error) {
	if os.Getuid() != 0 {
		return bareRoot{}, errors.New("roots can be entered by root alone: run it by sudo make")
	}
	below, err := filepath.Abs("bin/_roots/bare-" + suite)
	if err != nil {
		return bareRoot{}, err
	}
	root := bareRoot{"bin/portability/debs-" + t.place.Name + "-" + suite, []string{below}, filepath.Join(t.folder, suite)}
	root.remove()
	// Packages are written once more than they need: without waiting for the disk.
	script := `mkdir -p "$0/vkeras" "$0/etc/dpkg/dpkg.cfg.d" "$1/partial"; git archive HEAD | tar -x -C "$0/vkeras"; chmod -R a+rwX "$0/vkeras"
cp -L /etc/resolv.conf "$0/etc/"; echo force-unsafe-io >"$0/etc/dpkg/dpkg.cfg.d/fast"`
	if out, err := exec.CommandContext(t.ctx, "sh", "-euc", script, root.above, root.debs).CombinedOutput(); err != nil {
		return bareRoot{}, fmt.Errorf("%w: %s", err, lastLine(string(out)))
	}
	_, err = t.run(bareShell(root, "apt-get update -qq"))
	return root, err
}

// over returns a root that starts with what this one has, and changes nothing of it.
func (r bareRoot) over(name string) bareRoot {
	over := bareRoot{r.debs, append([]string{r.above}, r.below...), r.above + "-" + name}
	over.remove()
	_ = os.MkdirAll(r.above, 0o755) // that it cannot be made is said when the root is entered
	return over
}

// remove removes the changes.
func (r bareRoot) remove() {
	for _, folder := range []string{r.above, r.above + ".work", r.above + ".root"} {
		_ = os.RemoveAll(folder) // the trial's folder goes as a whole at its end
	}
}

// bareShell runs a script in a root, with Go and its caches mounted. The mounts are the
// process's own and go with it.
func bareShell(root bareRoot, script string) command {
	mounts := `r="$0.root"; mkdir -p "$0" "$r" "$0.work"; mount -t overlay -o "lowerdir=$1,upperdir=$0,workdir=$0.work" overlay "$r"
mount -t proc proc "$r/proc"; mount --rbind /dev "$r/dev"
for d in GOROOT:/usr/local/go GOMODCACHE:/root/go/pkg/mod GOCACHE:/root/.cache/go-build; do
	mkdir -p "$r${d#*:}"; mount --bind "$(go env ${d%:*})" "$r${d#*:}"
done
mount --bind "$2" "$r/var/cache/apt/archives"
exec chroot "$r" /usr/bin/env -i PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 GOFLAGS=-trimpath GOPROXY=off /bin/sh -euc "$3"`
	return command{args: []string{"unshare", "--mount", "sh", "-euc", mounts, root.above, strings.Join(root.below, ":"), root.debs, script}, limit: time.Hour}
}
