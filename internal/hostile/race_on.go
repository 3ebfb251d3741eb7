//go:build race

package hostile

import "time"

// MostTime is longer where the race detector watches.
const MostTime = 20 * time.Second
