package main

import "github.com/vkeras/vkeras/classify"

// pictureRun is what commands that classify many pictures share.
type pictureRun struct {
	pictureInput
	model  modelFlags
	device deviceFlags
	top    int
	stats  statsFlags
}

// check refuses flags of no sense.
func (k *pictureRun) check() error {
	if k.top < 1 {
		return usagef("--top %d: expected 1 or more", k.top)
	}
	return nil
}

// runOptions returns what a run is given.
func (k *pictureRun) runOptions() classify.Options {
	return classify.Options{Reader: k.Reader, Labels: k.Labels, Top: k.top, Batch: k.device.batch}
}
