//go:build !unix

package hostile

import "time"

var began = time.Now()

// cpuTime stands in for the processor's time where the system is not asked.
func cpuTime() time.Duration { return time.Since(began) }
