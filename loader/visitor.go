package loader

import "github.com/vkeras/vkeras/loader/hdf5"

// maxLinks bounds the links of all groups that are opened in one file: a
// hostile one may have groups that hold each other many times.
const maxLinks = 1 << 20

// visitor opens groups.
type visitor struct{ links int }

// open follows a path below a group; the error is one of package hdf5.
func (v *visitor) open(g *hdf5.Group, path string) (*hdf5.Group, error) {
	child, err := g.Group(path)
	if err != nil {
		return nil, err
	}
	if v.links += 1 + len(child.Names()); v.links > maxLinks {
		return nil, malformed("more than %d links", maxLinks)
	}
	return child, nil
}
