package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program is a stand-in for vkeras.
func program(t *testing.T, script string) string {
	file := filepath.Join(t.TempDir(), "vkeras")
	require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\n"+script), 0o755))
	return file
}

func TestTheReportGoesOnWhenAPartFailsAndStopsOnesThatHang(t *testing.T) {
	tool := program(t, `case $1 in good) echo well;; bad) echo why >&2; exit 1;; *) exec sleep 60;; esac`)
	report, err := write(t.Context(), tool, []part{
		{"Bad", time.Second, []string{"bad"}}, {"Hanging", time.Second, []string{"hang"}}, {"Good", time.Minute, []string{"good"}},
	}, time.Minute)
	require.NoError(t, err)
	require.Regexp(t, "(?s)## Bad\n\n`vkeras bad`, 0.. s\n\n```\nwhy\n```\n\nIt failed: exit status 1", report)
	require.Contains(t, report, "It failed: cut short after 1s")
	require.Regexp(t, "(?s)## Good.*well", report)
}

func TestTheReportKeepsToItsTime(t *testing.T) {
	report, err := write(t.Context(), program(t, "exec sleep 60"), []part{{"One", time.Minute, []string{"one"}}, {"Two", time.Minute, []string{"two"}}}, 2*time.Second)
	require.NoError(t, err)
	require.Contains(t, report, "cut short after 2s")
	require.Contains(t, report, "`vkeras two`: not run, the time is up")
}

func TestTheReportNamesNobody(t *testing.T) {
	t.Setenv("HOME", "/home/somebody")
	t.Setenv("USER", "somebody")
	folder, err := os.Getwd()
	require.NoError(t, err)
	require.Equal(t, "~/.cache and ./bin of USER", anonymous("/home/somebody/.cache and "+folder+"/bin of somebody"))
}

func TestTheLimitsOfThePartsFitTheWhole(t *testing.T) {
	var demo time.Duration
	for _, p := range parts("") {
		demo += p.limit
	}
	require.LessOrEqual(t, demo, whole, "without a second model nothing needs to be left out")
	require.Greater(t, len(parts("resnet50.h5")), len(parts("")))
}

func TestTheReportIsOfTheGPUOrOfTheFirstDriver(t *testing.T) {
	for devices, want := range map[string]string{
		`{"devices": [{"index": 0, "default": false}, {"index": 1, "default": true}]}`: "1",
		`{"devices": [{"index": 0, "default": false}], "cpu": {"default": true}}`:      "0",
		`{"devices": [], "cpu": {"default": true}}`:                                    "",
		`no libvulkan`: "",
	} {
		require.Equal(t, want, vulkanDevice(t.Context(), program(t, "echo '"+devices+"'")), devices)
	}
	require.Empty(t, vulkanDevice(t.Context(), program(t, "exit 1")))
}
