package classify

// Options are how a run reads, computes and answers.
type Options struct {
	Reader
	Labels []string // the classes' names, in the order of the net's output; nil: "class 7"
	Top    int      // classes an answer names; 0 means 1
	Batch  int      // the most pictures computed at once; 0 means 16
	// Skip says of a picture, before it is read, that it has an answer already; nil
	// passes over none.
	Skip func(*Answer) bool
	// NoShards answers for a shard with [ErrNoShards], for who wants one answer for
	// each item.
	NoShards bool
}

// defaultBatch is what GPUs and drivers that are a CPU both do well with.
const defaultBatch = 16
