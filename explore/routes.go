package explore

import (
	"embed"
	"io/fs"
	"net/http"
)

// files are the page: what a browser loads, as it is.
//
//go:embed page
var files embed.FS

// routes returns what answers to whom the guard lets in.
func (x *Explorer) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, f := range map[string]answering{
		"GET /api/session":                          x.session,
		"GET /api/graph":                            x.showGraph,
		"GET /api/program":                          x.program,
		"GET /api/halvings":                         x.halvings,
		"GET /api/variants":                         x.variants,
		"GET /api/profile":                          x.profile,
		"GET /api/field/{node}":                     x.field,
		"GET /api/pictures/{id}":                    x.describePicture,
		"GET /api/pictures/{id}/original.png":       x.original,
		"GET /api/pictures/{id}/input.png":          x.netInput,
		"GET /api/pictures/{id}/maps/{node}":        x.maps,
		"GET /api/pictures/{id}/maps/{node}/{file}": x.channelMap,
		"GET /api/pictures/{id}/values/{node}":      x.values,
		"GET /api/pictures/{id}/field/{node}":       x.measuredField,
		"GET /api/pictures/{id}/heat":               x.heatValues,
		"GET /api/pictures/{id}/heat.png":           x.heatPicture,
		"GET /api/validate/maps/{file}":             x.errorMap,

		"POST /api/pictures":               x.addPicture,
		"DELETE /api/pictures/{id}":        x.dropPicture,
		"POST /api/pictures/{id}/classify": x.classify,
		"POST /api/frame":                  x.frame,
	} {
		mux.Handle(pattern, f)
	}
	mux.HandleFunc("POST /api/validate", x.validate)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, missing("%s %s: no such request; docs/explore.md lists them", r.Method, shorten(r.URL.Path, 100)))
	})
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // "page" is a sound path
	}
	mux.Handle("/", http.FileServerFS(page))
	return mux
}
