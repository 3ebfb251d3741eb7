package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// swiftShader tries Google's Vulkan driver for CPUs, from Debian's chromium-common:
// a compiler (Subzero) that shares nothing with Mesa's.
func swiftShader(t *trial) error {
	driver, err := filepath.Abs("bin/swiftshader/vk_swiftshader_icd.json")
	if err != nil {
		return err
	}
	env := []string{"VK_DRIVER_FILES=" + driver, "VK_ICD_FILENAMES=" + driver}
	p := program{start: []string{here}, env: env}
	t.place.On = "Debian's chromium-common"
	t.firstAnswer(p)
	t.classifies(p, "0", pictures)
	t.validates(p)
	t.validates(p, "--planned")
	t.tests("four networks of testdata/keras: what Keras itself gave", "./gpu", "TestNetworksGiveWhatKerasGives/(exercise_small|dilation|pools|operators)_keras3", env)
	t.kernels(p) // last: it compiles for minutes
	return nil
}

// firstAnswer times an answer with no cache of any kind: a driver that compiles
// slowly shows here.
func (t *trial) firstAnswer(p program) {
	p = p.on("XDG_CACHE_HOME=" + filepath.Join(t.folder, "cache"))
	for _, what := range []string{"the first answer, with empty caches, in under 10 s of processor time", "the second answer"} {
		t.try(what, p.command("classify", "--quiet", "--csv", "--device", "0", onePicture), func(o output) (string, error) {
			if !strings.Contains(o.stdout, ",1,2,2,") {
				return "", fmt.Errorf("it answers %q", lastLine(o.stdout))
			}
			if o.cpu.Seconds() >= 10 {
				return "", fmt.Errorf("it took %s", o.took())
			}
			return o.took(), nil
		})
	}
}

// tests runs tests of a package by the driver that the environment names.
func (t *trial) tests(what, folder, pattern string, env []string) {
	c := command{args: []string{"go", "test", "-count", "1", "-run", pattern, "-v", "-timeout", "40m", folder}, env: env, limit: 45 * 60e9}
	t.try(what, c, func(o output) (string, error) {
		passed := strings.Count(o.stdout, "--- PASS: ")
		if passed == 0 {
			return "", fmt.Errorf("no test ran")
		}
		skipped := strings.Count(o.stdout, "--- SKIP: ")
		return fmt.Sprintf("%s passed, %d skipped; %s, compiling included", plural(passed, "test"), skipped, o.took()), nil
	})
}
