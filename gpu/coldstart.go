package gpu

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vkeras/vkeras/internal/cachefile"
	"github.com/vkeras/vkeras/shaders"
)

// A start with cold caches has drivers compile kernels, checks and measures them:
// seconds of processor time, whose results are in the user's cache folder then.
// Many processes that start at once, the workers of a job, would each do all of
// that beside the others. So one of them does it, and the others wait for what
// comes of it, for a while: then they go on without.

// coldWait is how long a process waits for another's results, looking for them
// now and then: ever less often, for each look takes processor time.
const (
	coldWait  = time.Minute
	firstLook = 20 * time.Millisecond
	rareLook  = 500 * time.Millisecond
)

// coldStart is the part of a Load in which kernels are made for the first time.
type coldStart struct {
	device *Device
	made   []string // kernels that are not in the cache yet, made by this process
	lock   *cachefile.Lock
}

// begin waits until the kernels are in the cache, or it is this process's turn to
// make them.
func (c *coldStart) begin(kernels []shaders.Kernel) {
	if c == nil || c.lock != nil {
		return
	}
	folder, err := cachefile.Folder()
	if err != nil {
		return
	}
	lacking := c.device.notMade(folder, kernels)
	look := firstLook
	for end := time.Now().Add(coldWait); len(lacking) > 0 && time.Now().Before(end); time.Sleep(look) {
		look = min(look*3/2, rareLook)
		c.lock, err = cachefile.TryLock(folder, c.device.coldName()+".lock")
		if err != nil && !errors.Is(err, cachefile.ErrLocked) {
			return
		}
		others := len(lacking)
		if lacking = c.device.notMade(folder, kernels); len(lacking) < others {
			c.device.vulkan.RefreshCache() // another made them
		}
		if c.lock != nil {
			break
		}
	}
	if c.lock != nil && len(lacking) == 0 {
		c.end(false)
	}
	c.made = lacking
}

// end notes that what was made works, if it does, and lets others begin.
func (c *coldStart) end(works bool) {
	if c == nil || c.lock == nil {
		return
	}
	if works && len(c.made) > 0 {
		c.device.vulkan.SaveCache()
		if folder, err := cachefile.Folder(); err == nil {
			c.device.noteMade(folder, c.made)
		}
	}
	_ = c.lock.Unlock()
	c.lock = nil
}

// coldName begins the names of the files about a device's kernels.
func (d *Device) coldName() string {
	return fmt.Sprintf("made-%04x-%04x-%s", d.info.physical.VendorID, d.info.physical.DeviceID, d.info.UUID)
}

// madeKey is what a driver's code depends on: the device, the driver, the kernels.
func (d *Device) madeKey() []byte {
	digest := shaders.Digest()
	return append(append([]byte("made\x00"+d.info.UUID), digest[:]...), d.info.physical.DriverKey()...)
}

// notMade returns the kernels that no process has noted.
func (d *Device) notMade(folder string, kernels []shaders.Kernel) []string {
	made := d.readMade(folder)
	var lacking []string
	for _, k := range kernels {
		if !made[k.Variant()] {
			lacking = append(lacking, k.Variant())
		}
	}
	return lacking
}

func (d *Device) readMade(folder string) map[string]bool {
	made := map[string]bool{}
	data, err := cachefile.Read(folder, d.coldName()+".bin", d.madeKey())
	if err != nil {
		return made
	}
	for name := range strings.Lines(string(data)) {
		made[strings.TrimSuffix(name, "\n")] = true
	}
	return made
}

// noteMade adds kernels to those that are noted; only who has the lock may.
func (d *Device) noteMade(folder string, kernels []string) {
	made := d.readMade(folder)
	for _, name := range kernels {
		made[name] = true
	}
	_ = cachefile.Write(folder, d.coldName()+".bin", d.madeKey(), []byte(strings.Join(slices.Sorted(maps.Keys(made)), "\n")+"\n"))
}
