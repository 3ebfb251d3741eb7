package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// arrows says whom each room may know, itself and what lies below it apart. What
// is not listed may know nobody. Tests may know more.
var arrows = map[string][]string{
	// What a model is.
	"nn":           {},
	"loader":       {"nn"},
	"resnet":       {"nn"},
	"applications": {"nn", "loader", "resnet"},
	"plan":         {"nn"},
	"reference":    {"nn"}, // and never plan or gpu, or both would share a fault

	// What computes.
	"shaders":             {"nn"},
	"cpu":                 {"nn", "plan"},
	"gpu":                 {"nn", "plan", "shaders"},
	"gpu/internal/lower":  {"nn", "plan", "shaders"},
	"gpu/internal/vulkan": {"shaders"},
	"gpu/draw":            {"nn", "plan", "shaders", "gpu", "gpu/internal/vulkan"},
	"engine":              {"nn", "plan", "gpu", "cpu", "reference"},

	// What people do with it; resnet is pictures, presets and labels to them.
	"classify": {"nn", "engine", "resnet", "applications"},
	"serve":    {"nn", "engine", "resnet", "gpu"}, // gpu: its errors
	".":        {"nn", "engine", "loader", "resnet", "applications", "classify", "testdata/demo"},

	// What people look at: these ask a GPU for more than an engine has.
	"validate": {"nn", "plan", "reference", "engine", "gpu", "cpu", "shaders"},
	"profile":  {"nn", "plan", "engine", "gpu", "cpu", "shaders"},
	"doctor":   {"nn", "engine", "gpu", "shaders", "resnet", "internal/optest"},
	"study":    {"nn", "plan", "engine", "resnet"},
	"view":     {"nn", "plan", "engine", "gpu", "study"},
	"explore":  {"nn", "plan", "engine", "gpu", "cpu", "shaders", "loader", "resnet", "classify", "validate", "profile", "study", "view"},

	"tools": {"nn", "plan", "shaders", "gpu", "loader", "resnet", "engine", "doctor"},
	"cmd":   {"*"},

	// What several rooms share and no user sees.
	"internal/elementwise": {"nn"},
	"internal/inflight":    {"nn", "plan"},
	"internal/structure":   {"nn"},
	"internal/npy":         {"nn"},
	"internal/kerasdata":   {"nn", "internal/npy"},
	"internal/optest":      {"nn", "reference", "internal/elementwise"},
}

// forTests are rooms that only tests, and those named, may know.
var forTests = []string{"internal/optest", "internal/hostile", "internal/kerasdata"}

// allowed returns the rule of the innermost folder of a room that has one.
func allowed(name string) (rule string, may []string) {
	for folder, list := range arrows {
		if below(name, folder) && len(folder) > len(rule) {
			rule, may = folder, list
		}
	}
	if rule == "" && name == "." {
		return ".", arrows["."]
	}
	return rule, may
}

func TestRoomsKnowOnlyWhomTheyMay(t *testing.T) {
	t.Chdir("../..")
	rooms, err := list()
	require.NoError(t, err)
	require.Greater(t, len(rooms), 20)
	for _, r := range rooms {
		rule, may := allowed(r.name)
		for _, i := range r.imports {
			knows := slices.ContainsFunc(may, func(folder string) bool { return folder == "*" || below(i, folder) })
			shared := strings.HasPrefix(i, "internal/") && !slices.ContainsFunc(forTests, func(f string) bool { return below(i, f) })
			require.True(t, knows || shared || rule != "" && below(i, rule) || below(i, r.name),
				"%s imports %s: the rule of %q allows %v", r.name, i, rule, may)
		}
	}
}

func TestVulkanIsBehindOneDoor(t *testing.T) {
	t.Chdir("../..")
	rooms, err := list()
	require.NoError(t, err)
	for _, r := range rooms {
		inside := below(r.name, "gpu/internal/vulkan")
		require.True(t, inside || !slices.ContainsFunc(r.outside, func(i string) bool { return strings.HasPrefix(i, "github.com/vulkan-go/") }),
			"%s calls the binding of Vulkan", r.name)
		for _, i := range r.imports {
			require.True(t, inside || !below(i, "gpu/internal/vulkan/vkc"), "%s calls the C side of Vulkan", r.name)
		}
		if below(r.name, "cmd") {
			require.False(t, slices.Contains(r.outside, "C"), "%s holds C", r.name)
		}
	}
}
