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

// bare gives the README's first command to minimal roots of Debian: make and
// certificates, a Go beside them, and nothing else. Go, the modules that it has
// fetched and its build cache are this machine's, mounted into the root.
func bare(t *trial) error {
	t.place.On = "minimal roots of Debian 12 and 13 with make, this machine's Go and its caches"
	for _, suite := range []string{"bookworm", "trixie"} {
		root, err := t.fresh("bare-" + suite)
		if err != nil {
			t.note(suite+": a root", "", err)
			continue
		}
		in := func(what, script string, judge judgement) {
			t.try(suite+": "+what, bareShell(root, script), judge)
		}
		in("`make setup` by a user without sudo", `useradd -m guest; su guest -s /bin/sh -c 'cd /vkeras; PATH=/usr/local/go/bin:$PATH; make setup' && exit 1; true`, func(o output) (string, error) {
			if !strings.Contains(o.stderr, "please install") {
				return "", errors.New(lastLine(o.stderr))
			}
			for _, line := range strings.Split(o.stderr, "\n") {
				if strings.Contains(line, "please install") {
					return "refused: " + line, nil
				}
			}
			return "", nil
		})
		in("`make demo` by root, where there is no sudo", `cd /vkeras; make demo`, func(o output) (string, error) {
			if strings.Count(o.stdout, "two_1.png") != 2 {
				return "", errors.New(lastLine(o.stderr, o.stdout))
			}
			return "installs, builds, and classifies on the processor and on llvmpipe; " + o.took(), nil
		})
		in("`make setup` by a user with sudo", `apt-get purge -y -qq libvulkan-dev mesa-vulkan-drivers; apt-get install -y -qq --no-install-recommends sudo
			echo 'guest ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/guest; su guest -s /bin/sh -c 'cd /vkeras; PATH=/usr/local/go/bin:$PATH; make setup'`, func(o output) (string, error) {
			for _, p := range []string{"libvulkan-dev", "mesa-vulkan-drivers"} {
				if !strings.Contains(o.stderr, "installing "+p) {
					return "", fmt.Errorf("it did not install %s: %s", p, lastLine(o.stderr, o.stdout))
				}
			}
			return "installs what was taken out before, libvulkan-dev and mesa-vulkan-drivers", nil
		})
		t.skip(suite+": `make test`", "it is the same set-up, then what continuous integration runs")
	}
	t.skip("Ubuntu 24.04 and Fedora", "no root of theirs could be made here, and no name of a package was checked there")
	return nil
}

// fresh returns a copy of a root, in which nothing has been installed yet, with the
// committed files in it, as a person has them who has cloned them.
func (t *trial) fresh(name string) (string, error) {
	if os.Getuid() != 0 {
		return "", errors.New("roots can be entered by root alone: run it by sudo make")
	}
	root := filepath.Join(t.folder, name)
	script := `cp -a "bin/_roots/$1" "$0"; mkdir "$0/vkeras"; git archive HEAD | tar -x -C "$0/vkeras"; chmod -R a+rwX "$0/vkeras"; cp -L /etc/resolv.conf "$0/etc/"`
	if out, err := exec.CommandContext(t.ctx, "sh", "-euc", script, root, name).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, lastLine(string(out)))
	}
	return root, nil
}

// bareShell runs a script in a root, with Go and its caches mounted.
func bareShell(root, script string) command {
	mounts := `mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"
for d in GOROOT:/usr/local/go GOMODCACHE:/root/go/pkg/mod GOCACHE:/root/.cache/go-build; do
	mkdir -p "$0${d#*:}"; mount --bind "$(go env ${d%:*})" "$0${d#*:}"
done
exec chroot "$0" /usr/bin/env -i PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 GOFLAGS=-trimpath GOPROXY=off /bin/sh -euc "$1"`
	return command{args: []string{"unshare", "--mount", "sh", "-euc", mounts, root, script}, limit: time.Hour}
}
