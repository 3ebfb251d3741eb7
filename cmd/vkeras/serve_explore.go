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
	names, files, err := named("model", s.files)
	if err != nil {
		return nil, err
	}
	file := ""
	if len(names) > 0 {
		file = files[names[0]]
	}
	m, called, err := (&modelFlags{path: file}).openWarning(false, func(string) {}) // told already
	if err != nil {
		return nil, err
	}
	input := s.pictures
	input.tool = &tool{quiet: true}
	for _, list := range []struct {
		flag   string
		values []string
		into   *string
	}{{"labels", s.labels, &input.labelFile}, {"preset", s.presets, &input.preset}} {
		_, values, err := named(list.flag, list.values)
		if err != nil {
			return nil, err
		}
		if len(names) > 0 {
			*list.into = values[names[0]]
		} else {
			*list.into = values[demoName]
		}
	}
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
