package explore

import (
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/study"
)

// Options are what is shown, and how.
type Options struct {
	Version string
	File    string // of the model, as messages call it
	Name    string // in its config
	// Task is the net, with its weights in memory, how it takes pictures, and what
	// its classes are called.
	Task *classify.Task
	// Untrained says that the weights were drawn at random, so that answers mean
	// nothing.
	Untrained bool

	Device     string       // by the rules of engine.Choice; "" for the best GPU, else the processor
	RequireGPU bool         // of a Device of ""
	Precision  nn.Precision // where a request names none; "" means FP32
	Tune       bool         // measure, on a GPU, which kernels are fastest (engine.Options.Tune)
	NoMatrices bool         // keep FP16 from a GPU's cooperative matrices
	Samples    []Sample     // pictures that are offered beside those that are sent

	// SPIRV stands in for kernels' code, by name, where a device is validated.
	SPIRV map[string][]byte

	// Hosts are what a request's Host may be, so that no name that others point at
	// this machine reaches it; nil: any, which leaves the token.
	Hosts []string
	// Token is what a browser must know; "" for a new one.
	Token string
}

// Explorer answers for one model.
type Explorer struct {
	options Options
	graph   *nn.Graph
	fields  map[*nn.Node]study.Field
	groups  []group
	guard   *guard
	desk    *desk
	store   *store
	memo    memo
	verdict verdict
	handler http.Handler
}

// New opens the device and puts the model on it. Errors are those of engine.Open
// and of loading.
func New(o Options) (*Explorer, error) {
	if o.Task == nil {
		return nil, errors.New("explore: Options.Task is needed")
	}
	if o.Token == "" {
		o.Token = rand.Text()
	}
	if o.Precision == "" {
		o.Precision = nn.FP32
	}
	x := &Explorer{options: o, graph: o.Task.Graph, guard: newGuard(o.Token, o.Hosts), store: newStore(o.Task, o.Samples)}
	x.groups = groupsOf(x.graph)
	var err error
	if x.fields, err = study.Fields(x.graph); err != nil {
		return nil, err
	}
	if x.desk, err = newDesk(o); err != nil {
		return nil, err
	}
	x.handler = x.guard.over(x.routes())
	return x, nil
}

// Token is what the page's address ends in: ?token=...
func (x *Explorer) Token() string { return x.options.Token }

// Device names the device that was opened.
func (x *Explorer) Device() string { return x.desk.first.String() }

// Handler returns what answers. It takes paths from / on; whoever mounts it
// elsewhere strips what is before, and the page still finds its parts.
func (x *Explorer) Handler() http.Handler { return x.handler }

// Close frees the nets and the devices, once what is under way has ended.
func (x *Explorer) Close() error { return x.desk.close() }
