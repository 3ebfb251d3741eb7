package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// documented are names of packages of systems that no root could be made of, and the
// public documents that have them, as they were read in November 2026.
var documented = map[string][]struct{ document, names string }{
	"Ubuntu 24.04": {
		{"Ubuntu Packages, its pages for noble", `libvulkan1 libturbojpeg libvulkan-dev mesa-vulkan-drivers libgl-dev vulkan-validationlayers
			llvm-15 libc6-dev-arm64-cross gcc-mingw-w64-x86-64 wine64 mmdebstrap default-jre-headless chromium`},
		{"rosdep's base.yaml (ros/rosdistro, 22 August 2026), for Ubuntu", `ca-certificates gcc libx11-dev libxrandr-dev libxxf86vm-dev libxi-dev
			libxcursor-dev libxinerama-dev xvfb xdotool imagemagick protobuf-compiler glslc spirv-tools qemu-user-static haproxy curl`},
	},
	"Fedora": {
		{"Fedora Packages, its pages for Fedora 42 to 44", `vulkan-loader vulkan-headers turbojpeg mesa-vulkan-drivers libglvnd-devel glslc`},
		{"rosdep's base.yaml (ros/rosdistro, 22 August 2026), for Fedora", `ca-certificates gcc glibc-devel libX11-devel libXrandr-devel libXxf86vm-devel
			libXi-devel libXcursor-devel libXinerama-devel xorg-x11-server-Xvfb xdotool ImageMagick chromium protobuf-compiler spirv-tools`},
	},
}

// names holds the Makefile's names of packages to what documents say that Ubuntu and
// Fedora call them.
func names(t *trial) error {
	t.place.On = "public documents, for no root of these systems could be made"
	text, err := os.ReadFile("Makefile")
	if err != nil {
		return err
	}
	list, err := readNeeds(string(text))
	if err != nil {
		return err
	}
	var all []string
	for _, p := range packagesOf(list) {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	t.note("Ubuntu 24.04: the names that `apt-get` is given", attested("Ubuntu 24.04", all), nil)
	says, err := dnf(string(text))
	t.note("Fedora: the names in \"sudo dnf install ...\"", says, err)
	t.skip("Ubuntu 24.04: an installation", "no root of it could be made: its packages were out of reach")
	t.skip("Fedora: an installation", "no root of it could be made: its packages were out of reach; the Makefile names them and installs nothing")
	return nil
}

// attested says which document has which of the packages, each a name or several with |
// between them.
func attested(system string, packages []string) string {
	missing := slices.Clone(packages)
	var says []string
	for _, d := range documented[system] {
		var has []string
		missing = slices.DeleteFunc(missing, func(p string) bool {
			for name := range strings.SplitSeq(p, "|") {
				if slices.Contains(strings.Fields(d.names), name) {
					has = append(has, name)
					return true
				}
			}
			return false
		})
		if len(has) > 0 {
			says = append(says, d.document+": "+strings.Join(has, ", "))
		}
	}
	if len(missing) > 0 {
		says = append(says, "no document was found for "+strings.Join(missing, ", "))
	}
	return strings.Join(says, "; ")
}

// dnf checks the Makefile's table of Fedora's names: it has none that no document has.
func dnf(makefile string) (string, error) {
	m := regexp.MustCompile(`(?s)\nFEDORA := (.*?[^\\])\n`).FindStringSubmatch(makefile)
	if m == nil {
		return "", fmt.Errorf("the Makefile has no FEDORA")
	}
	var list []string
	for _, pair := range strings.Fields(strings.ReplaceAll(m[1], "\\\n", " ")) {
		_, name, found := strings.Cut(pair, ":")
		if !found {
			return "", fmt.Errorf("FEDORA: %s is not DEBIAN:FEDORA", pair)
		}
		list = append(list, name)
	}
	says := attested("Fedora", list)
	if _, without, found := strings.Cut(says, "no document was found for "); found {
		return "", fmt.Errorf("no document was found for %s", without)
	}
	return says, nil
}
