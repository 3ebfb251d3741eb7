package classify

import "context"

// either returns a context that ends when one of two does. Its cancel function
// must be called.
func either(a, b context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(a)
	release := context.AfterFunc(b, cancel)
	return ctx, func() { release(); cancel() }
}
