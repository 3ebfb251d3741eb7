// Package profile says where a net's time goes, and whether that is good.
//
// Measure runs a net with and without timestamps in turn. Its Measurement makes
// Reports, whose rows are steps, Keras layers, blocks, stages or kernels:
//
//	m, err := profile.Measure(ctx, profile.OnGPU(net), inputs, profile.Options{Runs: 20, Roof: roof})
//	r, err := m.Report(profile.ByBlock)
//	for _, row := range r.Rows { ... } // the struct behind vkeras profile --json
//
// A Report adds up: its Account divides the wall time of one run, the median
// one, without overlap, and names what it cannot explain. It writes itself as
// text, CSV, JSON and a page of HTML; the Measurement as a trace for Perfetto.
//
// Times come from package gpu and counts of work from package plan; this
// package only relates them. It runs nothing but through
// gpu.Net and cpu.Net.
package profile
