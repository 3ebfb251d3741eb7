package main

import (
	"path/filepath"
)

const (
	armRoot    = "bin/_roots/arm64"
	armProgram = "bin/portability/vkeras-linux-arm64"
	armSIMD    = "bin/portability/simd-arm64.test"
)

// arm64 tries the program for arm64 by QEMU's user mode, in a root with Debian 12's
// libvulkan and llvmpipe for arm64.
func arm64(t *trial) error {
	root, err := filepath.Abs(armRoot)
	if err != nil {
		return err
	}
	driver := root + "/usr/share/vulkan/icd.d/lvp_icd.aarch64.json"
	// QEMU looks below the root first, for paths of the manifest's library too.
	env := []string{"QEMU_LD_PREFIX=" + root, "VK_DRIVER_FILES=" + driver, "VK_ICD_FILENAMES=" + driver, "XDG_CACHE_HOME=" + filepath.Join(t.folder, "cache")}
	emulated := func(file string) program {
		return program{start: []string{"qemu-aarch64-static", file}, env: env}
	}
	p := emulated(armProgram)
	t.place.On = "Debian 12 for arm64, under qemu-aarch64-static"
	t.version(p, "linux/arm64")
	t.summary(p)
	t.try("the micro-kernels for NEON (package cpu/internal/simd)", emulated(armSIMD).command("-test.short"), contains("PASS"))
	t.classifies(p, "cpu", pngs()...)
	t.names(p)
	t.interrupts(p)
	t.classifies(p, "0", onePicture)
	t.kernels(p, "--quick") // all cases would take hours
	t.skip("the kernels of float16", "Debian 12's Mesa for arm64 ends the process where it compiles float16, so vkeras refuses it there")
	t.skip("a processor of that kind", "no such machine was at hand")
	return nil
}
