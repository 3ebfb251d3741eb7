package explore

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
)

// files are the page: what a browser loads, as it is.
//
//go:embed page
var files embed.FS

// routes returns what answers to whom the guard lets in.
func (x *Explorer) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, f := range map[string]answering{
		"GET api/session":                    x.session,
		"GET api/graph":                      x.showGraph,
		"POST api/pictures":                  x.addPicture,
		"GET api/pictures/{id}":              x.describePicture,
		"DELETE api/pictures/{id}":           x.dropPicture,
		"GET api/pictures/{id}/original.png": x.original,
		"GET api/pictures/{id}/input.png":    x.netInput,
		"POST api/pictures/{id}/classify":    x.classify,
		"POST api/frame":                     x.frame,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" /"+path, f)
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, missing("%s %s: no such request; docs/explore.md lists them", r.Method, shorten(r.URL.Path, 100)))
	})
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // "page" is a sound path
	}
	mux.Handle("/", http.FileServerFS(page))
	return mux
}
