package profile

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks are processor times since the start of the machine and of this process, in
// the system's clock ticks.
type ticks struct{ all, idle, own uint64 }

// ticksNow reads them where the system tells (Linux: proc(5), stat and self/stat).
func ticksNow() (t ticks, ok bool) {
	all, err := os.ReadFile("/proc/stat")
	own, err2 := os.ReadFile("/proc/self/stat")
	if err != nil || err2 != nil {
		return t, false
	}
	line, _, _ := strings.Cut(string(all), "\n")
	fields := strings.Fields(line)
	_, rest, found := strings.Cut(string(own), ") ") // behind the program's name, which may hold anything
	mine := strings.Fields(rest)
	if len(fields) < 9 || fields[0] != "cpu" || !found || len(mine) < 13 {
		return t, false
	}
	for i, f := range fields[1:9] { // user, nice, system, idle, iowait, irq, softirq, steal
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return t, false
		}
		t.all += n
		if i == 3 || i == 4 {
			t.idle += n
		}
	}
	for _, f := range mine[11:13] { // utime, stime
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return t, false
		}
		t.own += n
	}
	return t, true
}

// othersSince returns the share of all processors' time that others than this
// process have taken since then.
func othersSince(t ticks) float64 {
	now, ok := ticksNow()
	if !ok || now.all <= t.all {
		return 0
	}
	busy := float64(now.all-t.all) - float64(now.idle-t.idle)
	return max(0, busy-float64(now.own-t.own)) / float64(now.all-t.all)
}

// window measures, and says how busy others were meanwhile.
func window(measure func() (*Roof, error)) (*Roof, error) {
	before, known := ticksNow()
	r, err := measure()
	if err != nil {
		return nil, err
	}
	r.Windows, r.Measured = 1, time.Now().UTC().Truncate(time.Second)
	if known {
		r.Others = othersSince(before)
	}
	return r, nil
}
