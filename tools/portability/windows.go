package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

const windowsProgram = "bin/portability/vkeras-windows-amd64.exe"

// windows tries the program for Windows under Wine, whose vulkan-1.dll hands calls
// on to this machine's loader.
func windows(t *trial) error {
	wine := "wine64"
	if _, err := os.Stat("/usr/lib/wine/wine64"); err == nil { // Debian has it there, out of the PATH
		wine = "/usr/lib/wine/wine64"
	}
	env := []string{"WINEPREFIX=" + t.folder + "/wine", "WINEDEBUG=-all", "LC_ALL=C.UTF-8"}
	t.place.On = "a program by MinGW, under Wine on Debian 12"
	if out, err := t.run(command{args: []string{wine, "--version"}, env: env}); err == nil {
		t.place.On = "a program by MinGW, under " + strings.TrimSpace(out.stdout)
	}
	if _, err := t.run(command{args: []string{wine, "wineboot", "--init"}, env: env}); err != nil {
		return fmt.Errorf("wineboot: %w", err)
	}
	defer func() { // after an interrupt, too, or Wine's server stays
		t.ctx = context.WithoutCancel(t.ctx)
		_, _ = t.run(command{args: []string{wine, "wineboot", "--end-session"}, env: env, limit: time.Minute})
	}()
	if err := t.standIn(); err != nil {
		return err
	}
	p := program{start: []string{wine, windowsProgram}, env: env}
	t.version(p, "windows/amd64")
	t.summary(p)
	t.classifies(p, "cpu", pngs()...)
	t.classifies(p, "reference", onePicture)
	t.names(p)
	t.interrupts(p)

	screen := program{start: append([]string{"xvfb-run", "-a"}, p.start...), env: env} // winevulkan wants a window system
	if t.kernels(screen, "--quick") {                                                  // the driver is the same as without Wine
		t.classifies(screen, "0", pngs()...)
	}
	t.skip("a Windows of Microsoft's, and a GPU's driver there", "no such machine was at hand")
	return nil
}

// standIn gives the library bcryptprimitives.dll, without which no program of Go's
// starts, to a Wine that has none.
func (t *trial) standIn() error {
	file := t.folder + "/wine/drive_c/windows/system32/bcryptprimitives.dll"
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	t.place.On += ", which lacks bcryptprimitives.dll: a stand-in of ours has its one function that Go calls"
	library, err := os.ReadFile("bin/portability/bcryptprimitives.dll")
	if err != nil {
		return err
	}
	return os.WriteFile(file, library, 0o644)
}
