// Package plots draws what package study finds: coverage maps, receptive fields
// over the picture, bars of cost, accuracies with their spread; as PNG and SVG,
// and as one self-contained HTML page.
//
// It measures nothing, and needs no font and no network.
package plots
