//go:build unix

package hostile

import (
	"syscall"
	"time"
)

// cpuTime returns the processor time that the process has taken: unlike the
// clock's, it does not grow with what else the machine does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
