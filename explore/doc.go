// Package explore shows a network in a browser: its graph, what it makes of a
// picture, layer by layer, where its time goes, and whether a device computes it
// right. Everything that is shown is computed on the device that was asked for.
//
//	x, err := explore.New(explore.Options{Name: "signs", Task: task})
//	defer x.Close()
//	err = http.Serve(listener, x.Handler()) // the page is at /?token=..., x.Token()
//
// The page (page/) is HTML, CSS and ES modules without a build step, embedded; it
// speaks to the API that docs/explore.md describes: JSON, PNG, and one stream. The
// way of a request: guard.go (token, host, origin, sizes), routes.go, a file for
// each subject, desk.go, where one computation goes on at a time.
//
// No kernels, no planning, no judging and no drawing of tensors enter here: the
// packages view, profile, validate, study, classify and engine do what their
// commands do. Nor do flags, ports and browsers, which are the command's.
package explore
