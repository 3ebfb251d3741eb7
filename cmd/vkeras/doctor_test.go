package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/doctor"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/resnet/pictures"
)

func TestDoctorTriesEveryKernelAndSaysWhatItSees(t *testing.T) {
	t.Parallel()
	r := vkeras(t, nil, "doctor", "--json")
	require.Equal(t, ok, r.status, r.stderr)
	var h doctor.Report
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &h))
	require.Equal(t, "vkeras.doctor/1", h.Schema)
	require.True(t, h.Healthy)
	require.NotEmpty(t, h.Drivers)
	require.NotEmpty(t, h.Devices)
	infos, err := gpu.Devices()
	require.NoError(t, err)
	for i, d := range h.Devices {
		require.Len(t, d.Means, 7, "limits and features")
		names := map[string]bool{}
		for _, k := range d.Kernels {
			require.True(t, k.Passed, "%s: %s", k.Name, k.Error)
			require.Positive(t, k.Cases, k.Name)
			names[k.Name] = true
		}
		expected := []string{"conv2d", "dense", "max_pool", "batch_norm", "softmax"}
		if infos[i].MaxGroup >= 256 {
			expected = append(expected, "conv2d_tiles_64x64")
		}
		for _, k := range expected {
			require.True(t, names[k], "%s is not tried", k)
		}
	}
	decoder, _ := pictures.AutoDecoder.JPEG()
	require.Equal(t, decoder, h.JPEG.Decoder)
	var b bytes.Buffer
	require.NoError(t, (&tool{stdout: &b}).writeHealth(&h))
	for _, part := range []string{"JPEG files are decoded by " + decoder, "Driver files", "  ok    /", "Device 0: ", "timestamps", "give what the reference gives"} {
		require.Contains(t, b.String(), part)
	}
}

func TestDoctorReportsAWrongKernelAndADriverThatDoesNotLoad(t *testing.T) {
	h := &doctor.Report{
		Drivers: []doctor.Driver{{File: "bad.json", Error: "libbad.so is missing"}},
		Devices: []doctor.Device{{Kernels: []doctor.Kernel{{Name: "conv2d", Cases: 3, Error: "NMSE 1"}, {Name: "dense", Cases: 2, Passed: true}}}},
		JPEG:    doctor.JPEG{Decoder: "Go", Error: "no library"},
		Causes:  []doctor.Cause{{Finding: "no GPU", Advice: "buy one"}},
	}
	var b bytes.Buffer
	require.NoError(t, (&tool{stdout: &b}).writeHealth(h))
	for _, part := range []string{"decoded by Go\n  within 3 levels of what Keras reads, and slower: no library", "WRONG bad.json: libbad.so is missing", "WRONG       kernel conv2d: NMSE 1", "1 of 2 give what the reference gives, 5 cases", "Why no GPU was found\n  no GPU\n    buy one"} {
		require.Contains(t, b.String(), part)
	}
	require.True(t, strings.HasSuffix(b.String(), "\n"))
}

func TestDoctorTriesACaseOfEachKernelQuickly(t *testing.T) {
	t.Parallel()
	r := vkeras(t, nil, "doctor", "--quick", "--json")
	require.Equal(t, ok, r.status, r.stderr)
	var h doctor.Report
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &h))
	require.NotEmpty(t, h.Devices)
	for _, k := range h.Devices[0].Kernels {
		require.Equal(t, 1, k.Cases, k.Name)
	}
}
