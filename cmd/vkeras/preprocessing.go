package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"

	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// preprocessing is all that is done to a picture before the net sees it.
type preprocessing struct {
	Resize     string `json:"resize"`
	ResizeCall string `json:"resize_call"` // what it equals
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	EXIF       bool   `json:"exif"`
	MaxPixels  int64  `json:"max_pixels"`
	Preset     string `json:"preset"`
	PresetCall string `json:"preset_call"` // what it equals
	PresetWhy  string `json:"preset_why"`
	pictures.Scaling
	Low  float32 `json:"low"` // of the values that the net can get
	High float32 `json:"high"`
}

func (k *pictureInput) preprocessing() preprocessing {
	o := k.options
	p := preprocessing{
		Resize: string(o.Filter), ResizeCall: o.Filter.Equals(), Width: k.width, Height: k.height,
		EXIF: o.EXIF, MaxPixels: o.MaxPixels,
		Preset: string(o.Preset), PresetCall: o.Preset.Equals(), PresetWhy: k.why, Scaling: o.Preset.Scaling(),
	}
	p.Low, p.High = o.Preset.Range()
	return p
}

// doubtPreset returns what is wrong with a preset for a net that is known to want
// another one, "" if nothing is.
func doubtPreset(chosen pictures.Preset, known resnet.Known) string {
	if known.Preset == "" || known.Preset == chosen {
		return ""
	}
	low, high := chosen.Range()
	least, most := known.Preset.Range()
	return fmt.Sprintf("--preset %s gives the net values from %g to %g, but %s: that is --preset %s, from %g to %g", chosen, low, high, known.Why, known.Preset, least, most)
}

// pixelsAtOnce bounds the pictures that are decoded side by side: a few GiB, for a
// pixel takes 1.5 to 15 bytes, the most in a progressive JPEG without subsampling.
const pixelsAtOnce = 1 << 28

// admission returns what lets pictures be decoded side by side as long as they
// have pixelsAtOnce together, and a larger one alone. Waiting ends without a
// context: those before end in any case.
func admission() func(pixels int64) (release func(), err error) {
	room := semaphore.NewWeighted(pixelsAtOnce)
	return func(pixels int64) (func(), error) {
		n := min(pixels, pixelsAtOnce)
		if err := room.Acquire(context.Background(), n); err != nil {
			return nil, err
		}
		return func() { room.Release(n) }, nil
	}
}
