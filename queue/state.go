package queue

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// State is where a job stands.
type State struct {
	Waiting    uint64 // items that have to be done, those that workers hold included
	Results    uint64
	Dead       uint64 // items that were given up
	Submitting bool   // items are being added
	Begun      bool   // there ever was an item
	last       uint64
}

// Complete tells whether there is nothing left to do.
func (s State) Complete() bool { return s.Begun && !s.Submitting && s.Waiting == 0 }

// State asks where the job stands.
func (j *Job) State(ctx context.Context) (State, error) {
	var s State
	ledger, err := j.js.Stream(ctx, j.ledger())
	if err != nil {
		return s, j.explain(err)
	}
	// In this order: what was added before the mark went is seen as waiting, or, what
	// waits no more, among the results.
	info, err := ledger.Info(ctx, jetstream.WithSubjectFilter(j.subject("*", "*")))
	if err != nil {
		return s, j.explain(err)
	}
	for subject := range info.State.Subjects {
		if strings.HasPrefix(subject, j.subject("submitting", "")) {
			s.Submitting = true
		} else {
			s.Dead++
		}
	}
	tasks, err := j.js.Stream(ctx, j.tasks())
	if err != nil {
		return s, j.explain(err)
	}
	s.Waiting, s.Begun = tasks.CachedInfo().State.Msgs, tasks.CachedInfo().State.LastSeq > 0
	results, err := j.js.Stream(ctx, j.results())
	if err != nil {
		return s, j.explain(err)
	}
	s.Results, s.last = results.CachedInfo().State.Msgs, results.CachedInfo().State.LastSeq
	return s, nil
}
