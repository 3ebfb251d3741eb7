package queue

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrNoJob says that a server does not have a job.
var ErrNoJob = errors.New("no such job on this server")

// What JobOptions have by default.
const (
	DefaultAckWait       = 30 * time.Second
	DefaultMaxDeliver    = 4
	DefaultMaxAckPending = 4096
)

const (
	workers       = "workers"       // the durable consumer
	taskWindow    = 2 * time.Minute // for which the server remembers what was submitted; keys and results outlast it
	requestTime   = 5 * time.Second // for an answer of the server
	prefix        = "vkeras-"
	tasksSuffix   = "-tasks"
	resultsSuffix = "-results"
	ledgerSuffix  = "-ledger"
)

// Queue is a server, or a cluster, that has jobs.
type Queue struct{ js jetstream.JetStream }

// New uses a connection, which stays the caller's.
func New(nc *nats.Conn) (*Queue, error) {
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(requestTime), jetstream.WithPublishAsyncTimeout(requestTime))
	if err != nil {
		return nil, err
	}
	return &Queue{js}, nil
}

// JobOptions say how a job is kept. Zero values mean the defaults for a new job, and
// no change for one that is there.
type JobOptions struct {
	Replicas      int           // servers that hold it (default 1; 3 on a cluster)
	AckWait       time.Duration // after which an item is delivered again whose worker is silent
	MaxDeliver    int           // deliveries after which an item is given up: 2 or more
	MaxAckPending int           // items that all workers together may hold
}

// Job is some items that belong together, under a name.
type Job struct {
	js   jetstream.JetStream
	name string
}

// Name returns the job's name.
func (j *Job) Name() string { return j.name }

func (j *Job) tasks() string   { return prefix + j.name + tasksSuffix }
func (j *Job) results() string { return prefix + j.name + resultsSuffix }
func (j *Job) ledger() string  { return prefix + j.name + ledgerSuffix }

// subject returns that of an item, or of all for "*".
func (j *Job) subject(kind, key string) string { return "vkeras." + j.name + "." + kind + "." + key }

// advisories is where the server says that it delivered an item for the last time.
func (j *Job) advisories() string {
	return "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES." + j.tasks() + "." + workers
}

var jobName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (q *Queue) job(name string) (*Job, error) {
	if !jobName.MatchString(name) {
		return nil, fmt.Errorf("job %q: expected up to 64 letters, digits, - and _", name)
	}
	return &Job{q.js, name}, nil
}

// Create returns a job, made unless it is there.
func (q *Queue) Create(ctx context.Context, name string, o JobOptions) (*Job, error) {
	j, err := q.job(name)
	if err != nil {
		return nil, err
	}
	if o.Replicas < 0 || o.AckWait < 0 || o.MaxDeliver < 0 || o.MaxDeliver == 1 || o.MaxAckPending < 0 {
		return nil, fmt.Errorf("job %s: %+v: expected 2 deliveries or more, and nothing below 0", name, o)
	}
	err = patiently(ctx, func() error { return j.create(ctx, o) })
	if err != nil {
		return nil, j.explain(err)
	}
	return j, nil
}

// create makes or changes the streams and the consumer.
func (j *Job) create(ctx context.Context, o JobOptions) error {
	config := jetstream.ConsumerConfig{
		Durable: workers, AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: DefaultAckWait, MaxDeliver: DefaultMaxDeliver, MaxAckPending: DefaultMaxAckPending,
	}
	replicas := 1
	if old, err := j.js.Consumer(ctx, j.tasks(), workers); err == nil {
		config = old.CachedInfo().Config
		stream, err := j.js.Stream(ctx, j.tasks())
		if err != nil {
			return err
		}
		replicas = stream.CachedInfo().Config.Replicas
	} else if !missing(err) {
		return err
	}
	o.replace(&config, &replicas)
	for _, s := range j.streams(config, replicas) {
		if _, err := j.js.CreateOrUpdateStream(ctx, s); err != nil {
			return fmt.Errorf("stream %s: %w", s.Name, err)
		}
	}
	if _, err := j.js.CreateOrUpdateConsumer(ctx, j.tasks(), config); err != nil {
		return fmt.Errorf("consumer of %s: %w", j.tasks(), err)
	}
	return nil
}

// replace sets what the options say.
func (o JobOptions) replace(config *jetstream.ConsumerConfig, replicas *int) {
	if o.Replicas > 0 {
		*replicas = o.Replicas
	}
	if o.AckWait > 0 {
		config.AckWait = o.AckWait
	}
	if o.MaxDeliver > 0 {
		config.MaxDeliver = o.MaxDeliver
	}
	if o.MaxAckPending > 0 {
		config.MaxAckPending = o.MaxAckPending
	}
}

// streams returns the job's streams; that of the tasks, by which others know that
// the job is there, comes last.
func (j *Job) streams(c jetstream.ConsumerConfig, replicas int) []jetstream.StreamConfig {
	base := jetstream.StreamConfig{Storage: jetstream.FileStorage, Replicas: replicas} // all reads by the leader: none is stale
	ledger, results, tasks := base, base, base
	ledger.Name = j.ledger()
	ledger.Subjects = []string{j.subject("dead", "*"), j.subject("submitting", "*"), j.advisories()}
	ledger.AllowMsgTTL = true
	results.Name = j.results()
	results.Subjects = []string{j.subject("result", "*")}
	results.Duplicates = max(taskWindow, 2*c.AckWait*time.Duration(c.MaxDeliver)) // outlives all deliveries
	tasks.Name = j.tasks()
	tasks.Subjects = []string{j.subject("task", "*")}
	tasks.Retention = jetstream.WorkQueuePolicy
	tasks.Duplicates = taskWindow
	return []jetstream.StreamConfig{ledger, results, tasks}
}

// Open returns a job that is there; else the error is ErrNoJob.
func (q *Queue) Open(ctx context.Context, name string) (*Job, error) {
	j, err := q.job(name)
	if err != nil {
		return nil, err
	}
	err = patiently(ctx, func() error {
		_, err := q.js.Consumer(ctx, j.tasks(), workers)
		return err
	})
	if err != nil {
		return nil, j.explain(err)
	}
	return j, nil
}

// Jobs returns the names of the jobs that are there, sorted.
func (q *Queue) Jobs(ctx context.Context) ([]string, error) {
	var list []string
	names := q.js.StreamNames(ctx)
	for name := range names.Name() {
		if job, ok := strings.CutPrefix(name, prefix); ok && strings.HasSuffix(job, tasksSuffix) {
			list = append(list, strings.TrimSuffix(job, tasksSuffix))
		}
	}
	slices.Sort(list)
	return list, explain(names.Err())
}

// Remove deletes the job with its items and results.
func (j *Job) Remove(ctx context.Context) error {
	for _, name := range []string{j.tasks(), j.results(), j.ledger()} {
		if err := j.js.DeleteStream(ctx, name); err != nil && !missing(err) {
			return j.explain(err)
		}
	}
	return nil
}

// explain says what an error of the server means for the job.
func (j *Job) explain(err error) error {
	if missing(err) {
		return fmt.Errorf("job %s: %w", j.name, ErrNoJob)
	}
	if err = explain(err); err != nil {
		return fmt.Errorf("job %s: %w", j.name, err)
	}
	return nil
}

func explain(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("%w: the NATS server needs it (nats-server --jetstream, or vkeras queue)", err)
	case errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("the NATS server has no JetStream, or none that is ready: %w", err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("the NATS server did not answer: %w", err)
	}
	return err
}

// missing tells whether a job's stream or consumer is not there.
func missing(err error) bool {
	return errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) ||
		errors.Is(err, jetstream.ErrConsumerDoesNotExist) || errors.Is(err, jetstream.ErrConsumerDeleted)
}
