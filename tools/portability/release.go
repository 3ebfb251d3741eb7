package main

import (
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// release looks at what `make release` left in dist, installs the package in a root
// of Debian 12's, and removes it again.
func release(t *trial) error {
	t.place.On = "dist/, by `make release` on Debian 12"
	t.try("checksums (`sha256sum --check`)", command{args: []string{"sh", "-c", "cd dist && sha256sum --check --quiet SHA256SUMS"}}, func(output) (string, error) { return "", nil })
	programs, err := filepath.Glob("dist/vkeras*-*-amd64")
	if err != nil || len(programs) == 0 {
		return errors.New("dist holds no programs: make release")
	}
	t.sameBytes()
	t.bills()
	t.pages()
	t.installs()
	return nil
}

// sameBytes compares dist with a second build, from another folder and with an empty
// build cache, which the Makefile leaves in bin/portability/again.
func (t *trial) sameBytes() {
	const again = "bin/portability/again/dist"
	what := "built twice, from two folders, with two build caches: the same bytes"
	if _, err := os.Stat(again); err != nil {
		t.skip(what, "make portability-again builds it, which takes a while")
		return
	}
	t.try(what, command{args: []string{"diff", "-r", "dist", again}}, func(output) (string, error) {
		files, err := os.ReadDir("dist")
		return plural(len(files), "file"), err
	})
}

// bills checks that the bills of materials name every module of the programs.
func (t *trial) bills() {
	for _, name := range []string{"vkeras", "vkeras-queue"} {
		says, err := billed(name)
		t.note("the bill of materials of "+name+" (CycloneDX)", says, err)
	}
}

func billed(name string) (string, error) {
	found, err := filepath.Glob("dist/" + name + "-[^q]*.cdx.json")
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("%d files, not one", len(found))
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		return "", err
	}
	var bill struct {
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(text, &bill); err != nil {
		return "", err
	}
	has := make(map[string]bool)
	for _, c := range bill.Components {
		has[c.Name+" "+c.Version] = true
	}
	info, err := buildinfo.ReadFile(strings.Replace(found[0], ".cdx.json", "-linux-amd64", 1))
	if err != nil {
		return "", err
	}
	for _, m := range info.Deps {
		if m.Replace == nil && !has[m.Path+" "+m.Version] {
			return "", fmt.Errorf("it lacks %s %s", m.Path, m.Version)
		}
	}
	return fmt.Sprintf("it names all of the program's %d modules", len(info.Deps)), nil
}

// pages checks the manual pages by man's own formatter, and the completion by bash.
func (t *trial) pages() {
	unpacked := command{args: []string{"sh", "-euc", `tar -C "$0" -xzf "$(ls dist/vkeras-*-share.tar.gz)"; bash -n "$0"/bash-completion/completions/vkeras; for f in "$0"/man/man1/*.1; do man --warnings -l "$f" 2>&1 >/dev/null; echo page; done`, t.folder}}
	t.try("manual pages (`man --warnings`), and bash's completion (`bash -n`)", unpacked, func(o output) (string, error) {
		pages := strings.Count(o.stdout, "page\n")
		if warnings := strings.TrimSpace(strings.ReplaceAll(o.stdout, "page\n", "")); warnings != "" {
			return "", errors.New(lastLine(warnings))
		}
		return plural(pages, "page") + ", no warning", nil
	})
}

// installs puts the package into a bare root of Debian 12's by apt-get, and takes it
// out again.
func (t *trial) installs() {
	found, _ := filepath.Glob("dist/vkeras_*_amd64.deb")
	what := "the .deb, into a bare Debian 12 by `apt-get install`"
	if len(found) != 1 {
		t.note(what, "", fmt.Errorf("%d packages, not one", len(found)))
		return
	}
	t.known = nil // what follows goes on in one root
	root, err := t.fresh("bookworm")
	if err == nil {
		var out []byte
		if out, err = exec.Command("cp", found[0], root.above+"/vkeras.deb").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, lastLine(string(out)))
		}
	}
	if err != nil {
		t.note(what, "", err)
		return
	}
	sh := func(script string) command { return bareShell(root, script) }
	t.try(what, sh(`apt-get update -qq; apt-get install -y -qq /vkeras.deb`), func(output) (string, error) { return "", nil })
	t.try("what it brings: libvulkan1, which it depends on, and mesa-vulkan-drivers, which it recommends", sh(`dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}, ' libvulkan1 mesa-vulkan-drivers`), func(o output) (string, error) {
		if strings.Count(o.stdout, "ii ") != 2 {
			return "", errors.New(o.stdout)
		}
		return strings.TrimSuffix(strings.ReplaceAll(o.stdout, "ii  ", ""), ", "), nil
	})
	t.try("the installed `vkeras classify --device 0` on a picture", sh(`vkeras classify --quiet --csv --device 0 /vkeras/testdata/demo/pictures/two_1.png`), contains(",1,2,2,"))
	t.try("it is taken out (`apt-get purge`), and leaves nothing", sh(`apt-get purge -y -qq vkeras >/dev/null; dpkg -L vkeras 2>/dev/null | head -n 1; find / -xdev -name '*vkeras*' -not -path '/proc/*' -not -path '/vkeras*' -not -path '/root/go/*' -not -path '/var/*' -not -path '/root/.cache/*'`), func(o output) (string, error) {
		if s := strings.TrimSpace(o.stdout); s != "" {
			return "", fmt.Errorf("it leaves %s", strings.Fields(s)[0])
		}
		return "", nil
	})
}
