package hdf5

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Group is a named set of links to groups and datasets.
type Group struct {
	*object
	links map[string]link
}

// newGroup reads the links and the attributes of a group.
func newGroup(o *object) (*Group, error) {
	r := linkReader{walk: o.f.walk(), links: map[string]link{}}
	if err := r.collect(o); err != nil {
		return nil, fmt.Errorf("links of %s: %w", o.path, err)
	}
	if err := o.loadAttrs(); err != nil {
		return nil, err
	}
	return &Group{object: o, links: r.links}, nil
}

// Path returns the path that led to the group, "/" for the root.
func (g *Group) Path() string { return g.path }

// Names returns the names of all links, sorted by their bytes. A soft or
// external link is among them, though following it fails with ErrUnsupported.
func (g *Group) Names() []string { return slices.Sorted(maps.Keys(g.links)) }

// Has says whether a path below g leads to anything: each part but the last
// must be a group that can be read, the last a link of any kind.
func (g *Group) Has(path string) bool {
	parent, name, err := g.parent(path)
	if err != nil {
		return false
	}
	_, ok := parent.links[name]
	return ok || name == ""
}

// IsGroup says whether a path below g leads to a group.
func (g *Group) IsGroup(path string) bool {
	parent, name, err := g.parent(path)
	if err != nil || name == "" {
		return err == nil
	}
	o, err := parent.follow(name)
	return err == nil && o.isGroup()
}

// Group follows a path such as "a/b", relative to g; "" is g itself. It fails
// with ErrNotFound where a part is absent or not a group.
func (g *Group) Group(path string) (*Group, error) {
	at := g
	for name := range strings.SplitSeq(path, "/") {
		if name == "" {
			continue
		}
		o, err := at.follow(name)
		if err != nil {
			return nil, err
		}
		if !o.isGroup() {
			return nil, fmt.Errorf("%s: %w: it is not a group", o.path, ErrNotFound)
		}
		if at, err = newGroup(o); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// Dataset follows a path such as "a/b/kernel:0", relative to g. It fails with
// ErrNotFound where a part is absent or the end is not a dataset.
func (g *Group) Dataset(path string) (*Dataset, error) {
	parent, name, err := g.parent(path)
	if err != nil {
		return nil, err
	}
	o, err := parent.follow(name)
	if err != nil {
		return nil, err
	}
	if !o.isDataset() {
		return nil, fmt.Errorf("%s: %w: it is not a dataset", o.path, ErrNotFound)
	}
	d, err := newDataset(o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.path, err)
	}
	return d, nil
}

// Attr returns the group's attribute of this name, or ErrNotFound.
func (g *Group) Attr(name string) (*Attr, error) { return g.attr(name) }

// AttrNames returns the names of the group's attributes, sorted by their bytes.
func (g *Group) AttrNames() []string { return g.attrNames() }

// parent opens the group that the last part of a path is in, and returns that
// part; "" where the path has none.
func (g *Group) parent(path string) (*Group, string, error) {
	path = strings.TrimRight(path, "/")
	i := strings.LastIndexByte(path, '/') + 1
	parent, err := g.Group(path[:i])
	return parent, path[i:], err
}

// follow opens the object that a name in g leads to.
func (g *Group) follow(name string) (*object, error) {
	path := strings.TrimSuffix(g.path, "/") + "/" + name
	l, ok := g.links[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, ErrNotFound)
	}
	if l.kind != linkHard {
		return nil, fmt.Errorf("%s: %w", path, unsupported("%v", l))
	}
	o, err := g.f.object(l.addr, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}
