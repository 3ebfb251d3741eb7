//go:build !race

package hostile

import "time"

// MostTime bounds the processor time that reading a file takes.
const MostTime = 5 * time.Second
