package nn

// Load returns the operation with all its weights in memory: itself, or, where
// the kernel is deferred, a copy that has read it. Only the kernels of
// convolutions and dense layers can be deferred: they are nearly all of a
// network's weights, and nobody but who computes with them looks at them. alloc
// returns a slice of n elements to read one into.
func Load(op Op, alloc func(n int) []float32) (Op, error) {
	switch op := op.(type) {
	case *Conv2D:
		if !op.Kernel.IsDeferred() {
			return op, nil
		}
		loaded := *op
		var err error
		loaded.Kernel, err = op.Kernel.Load(alloc)
		return &loaded, err
	case *GroupedConv2D:
		if !op.Kernel.IsDeferred() {
			return op, nil
		}
		loaded := *op
		var err error
		loaded.Kernel, err = op.Kernel.Load(alloc)
		return &loaded, err
	case *Dense:
		if !op.Kernel.IsDeferred() {
			return op, nil
		}
		loaded := *op
		var err error
		loaded.Kernel, err = op.Kernel.Load(alloc)
		return &loaded, err
	}
	return op, nil
}

// MayDefer reports whether Load reads the operation's deferred kernel.
func MayDefer(op Op) bool {
	switch op.(type) {
	case *Conv2D, *GroupedConv2D, *Dense:
		return true
	}
	return false
}
