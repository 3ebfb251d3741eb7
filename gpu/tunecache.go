package gpu

import (
	"encoding/json"
	"fmt"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/internal/cachefile"
	"github.com/vkeras/vkeras/shaders"
)

// What tuning found is one file a device. As with pipelines, a file counts only
// if it is whole and of the same device, driver and shaders: anything else is a
// miss, and replaced.

// tuneKey is what measurements depend on.
func (i Info) tuneKey() []byte {
	digest := shaders.Digest()
	return append(append([]byte("tuning\x00"+i.UUID), digest[:]...), i.physical.DriverKey()...)
}

func (i Info) tuneName() string {
	return fmt.Sprintf("tuning-%04x-%04x-%s.bin", i.physical.VendorID, i.physical.DeviceID, i.UUID)
}

// readTuning returns the measurements that count.
func (i Info) readTuning() []measurement {
	folder, err := cachefile.Folder()
	if err != nil {
		return nil
	}
	data, err := cachefile.Read(folder, i.tuneName(), i.tuneKey())
	if err != nil {
		return nil
	}
	var all, good []measurement
	if json.Unmarshal(data, &all) != nil {
		return nil
	}
	for _, m := range all {
		k, ok := shaders.For(m.Choice.Kernel, m.Precision)
		if ok && k.Tile.Rows > 0 && k.Tile.Lanes == 0 && m.Choice.Splits >= 1 && m.Choice.Splits <= lower.MaxSplits {
			good = append(good, m)
		}
	}
	return good
}

// writeTuning replaces the file. What fails costs the next run time, and no
// more. Another process that writes at the same time may win.
func (i Info) writeTuning(all []measurement) {
	data, err := json.Marshal(all)
	if err != nil {
		return
	}
	if folder, err := cachefile.Folder(); err == nil {
		_ = cachefile.Write(folder, i.tuneName(), i.tuneKey(), data)
	}
}
