package main

import (
	"net/http"
	"strings"

	"github.com/vkeras/vkeras/explore"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// explorePath is where the page of --explore is.
const explorePath = "/explore"

// exploreFirst opens the first of the models once more, for its page: what is served
// gives its weights away to the devices, and the page needs them.
func exploreFirst(s *servedModels) (*explore.Explorer, error) {
	names, all, err := s.said()
	if err != nil {
		return nil, err
	}
	first := all[names[0]]
	m, called, err := first.flags(s.pictures.context).openWarning(false, func(string) {}) // told already
	if err != nil {
		return nil, err
	}
	input := s.pictures
	input.tool, input.preset, input.labelFile = &tool{quiet: true}, first.preset, first.labels
	if err := input.prepare(m, called); err != nil {
		return nil, err
	}
	task := input.Task
	task.Pictures.Admit = pictures.AtOnce(pictures.DefaultPixelsAtOnce)
	o := explore.Options{Version: buildVersion(), File: called, Name: m.Name, Task: &task, RequireGPU: s.requireGPU}
	if len(s.devices) > 0 {
		o.Device = s.devices[0]
	}
	return explore.New(o)
}

// besideExplore answers for the page below its path, and for the models elsewhere.
func besideExplore(models, page http.Handler) http.Handler {
	stripped := http.StripPrefix(explorePath, page)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, explorePath+"/"):
			stripped.ServeHTTP(w, r)
		case r.URL.Path == explorePath:
			to := *r.URL
			to.Path += "/"
			http.Redirect(w, r, to.RequestURI(), http.StatusPermanentRedirect)
		default:
			models.ServeHTTP(w, r)
		}
	})
}
