package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/vkeras/vkeras/doctor"
)

// cold looks for what was twice said of llvmpipe: that it corrupts its heap under the
// validation layer while its shader cache is empty and several processes compile at
// once. The heap was the layer's: before 1.3.243 it forgets the labels of command
// buffers without a lock (Vulkan-ValidationLayers issue 5172), and package vkc gives no
// labels to such a layer. cold runs tests of three packages side by side, each time
// with new cache folders, until VKERAS_COLD (a duration) is over.
func cold(t *trial) error {
	limit := time.Hour
	if v := os.Getenv("VKERAS_COLD"); v != "" {
		var err error
		if limit, err = time.ParseDuration(v); err != nil {
			return fmt.Errorf("VKERAS_COLD: %w", err)
		}
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	t.place.On = "llvmpipe of this machine, the validation layer with it"
	if out, err := t.run(program{start: []string{"bin/vkeras"}}.command("devices", "--json")); err == nil {
		var r doctor.Report
		if json.Unmarshal([]byte(out.stdout), &r) == nil && len(r.Devices) > 0 {
			d := r.Devices[0]
			t.place.On = fmt.Sprintf("%s, %s, Vulkan %s; the validation layer with it", d.Name, d.Driver, d.API)
		}
	}
	runs, crashes := 0, 0
	var first error
	for end := time.Now().Add(limit); time.Now().Before(end) && t.ctx.Err() == nil; runs++ {
		cache := filepath.Join(t.folder, fmt.Sprint("cache", runs))
		errs := make([]error, len(coldTests))
		var all sync.WaitGroup
		for i, c := range coldTests {
			all.Go(func() { errs[i] = t.coldRun(here, c.folder, c.pattern, cache) })
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			crashes++
			first = errors.Join(first, err)
		}
		if err := os.RemoveAll(cache); err != nil {
			return err
		}
	}
	err = nil
	if crashes > 0 {
		err = fmt.Errorf("%d of %d rounds failed: %w", crashes, runs, first)
	}
	t.note(fmt.Sprintf("%d packages side by side, each round with empty caches, for %v", len(coldTests), limit), fmt.Sprintf("%s, no crash, no failure", plural(runs, "round")), err)
	return nil
}

// coldTests compile many pipelines each.
var coldTests = []struct{ folder, pattern string }{
	{"gpu", "TestNetworksGiveWhatKerasGives|TestEveryConvolutionKernelGivesWhatTheReferenceGives"},
	{"validate", "."},
	{"profile", "."},
}

// coldRun runs the tests of a package, which bin/portability holds, with core dumps on.
func (t *trial) coldRun(here, folder, pattern, cache string) error {
	x := exec.CommandContext(t.ctx, "sh", "-c", `ulimit -c unlimited; exec nice "$0" "$@"`, filepath.Join(here, "bin/portability", folder+".test"), "-test.run", pattern)
	x.Dir = filepath.Join(here, folder)
	x.Env = append(os.Environ(), "XDG_CACHE_HOME="+cache, "MESA_SHADER_CACHE_DIR="+cache, "VKERAS_VALIDATION=required", "GOTRACEBACK=crash")
	x.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	x.Stdout, x.Stderr = &out, &out
	if err := x.Run(); err != nil && t.ctx.Err() == nil {
		return fmt.Errorf("%s: %w: %s", folder, err, lastLine(out.String()))
	}
	return nil
}
