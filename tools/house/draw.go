package main

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"os"
	"slices"
	"strings"
)

// Sizes of the picture, in pixels.
const (
	boxWidth, boxHeight = 132, 40
	gapX, gapY          = 18, 46
	marginX, marginY    = 24, 56
)

// hidden are rooms that are not drawn: what tests, tools and all rooms share.
func hidden(name string) bool {
	return below(name, "internal") || below(name, "tools") || below(name, "testdata") || below(name, "shaders/build")
}

// place is a room with its floor and its place on it.
type place struct {
	room
	floor, at int
}

// draw returns the rooms as SVG: each stands above all that it knows. Arrows to
// rooms that another of a room's arrows leads to already are left out.
func draw(rooms []room) string {
	known := map[string]*place{}
	for _, r := range rooms {
		if !hidden(r.name) {
			known[r.name] = &place{room: r, floor: -1}
		}
	}
	for _, p := range known {
		p.imports = slices.DeleteFunc(slices.Clone(p.imports), func(i string) bool { return known[i] == nil })
	}
	var height func(p *place) int
	height = func(p *place) int {
		if p.floor < 0 {
			p.floor = 0
			for _, i := range p.imports {
				p.floor = max(p.floor, height(known[i])+1)
			}
		}
		return p.floor
	}
	var floors [][]*place
	for _, p := range known {
		for len(floors) <= height(p) {
			floors = append(floors, nil)
		}
	}
	for _, p := range known {
		floors[p.floor] = append(floors[p.floor], p)
	}
	widest := 0
	for _, f := range floors {
		slices.SortFunc(f, func(a, b *place) int { return cmp.Compare(a.name, b.name) })
		for i, p := range f {
			p.at = i
		}
		widest = max(widest, len(f))
	}
	return svg(floors, known, widest)
}

func svg(floors [][]*place, known map[string]*place, widest int) string {
	width := 2*marginX + widest*(boxWidth+gapX) - gapX
	heightOf := 2*marginY + len(floors)*(boxHeight+gapY) - gapY
	left := func(p *place) int {
		across := len(floors[p.floor])*(boxWidth+gapX) - gapX
		return (width-across)/2 + p.at*(boxWidth+gapX)
	}
	top := func(p *place) int { return marginY + (len(floors)-1-p.floor)*(boxHeight+gapY) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" role="img">`+"\n", width, heightOf)
	b.WriteString("<title>The rooms of vkeras: each knows only rooms below it</title>\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, heightOf)
	fmt.Fprintf(&b, `<text x="%d" y="30" font-size="15" fill="#333">Rooms (lines of code); an arrow: knows. Made by go run ./tools/house.</text>`+"\n", marginX)
	reach := reaches(known)
	for _, floor := range slices.Backward(floors) {
		for _, p := range floor {
			for _, i := range p.imports {
				if reach.twice(p, i) {
					continue
				}
				to := known[i]
				x1, y1, x2, y2 := left(p)+boxWidth/2, top(p)+boxHeight, left(to)+boxWidth/2, top(to)
				mid := (y1 + y2) / 2
				fmt.Fprintf(&b, `<path d="M%d %dC%d %d %d %d %d %d" fill="none" stroke="#8aa" stroke-width="1.2"><title>%s knows %s</title></path>`+"\n", x1, y1, x1, mid, x2, mid, x2, y2, p.name, i)
			}
		}
	}
	for _, floor := range slices.Backward(floors) {
		for _, p := range floor {
			name := p.name
			if name == "." {
				name = "vkeras"
			}
			fmt.Fprintf(&b, `<g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="5" fill="%s" stroke="#567"/>`, html.EscapeString(strings.TrimSpace(p.says)), left(p), top(p), boxWidth, boxHeight, colour(p.name))
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" font-size="12.5" fill="#123">%s</text>`, left(p)+boxWidth/2, top(p)+18, html.EscapeString(strings.TrimPrefix(name, "gpu/internal/")))
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" font-size="10" fill="#567">%s</text></g>`+"\n", left(p)+boxWidth/2, top(p)+32, rounded(p.lines))
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// rounded says a number of lines so roughly that a small change does not make
// the picture another.
func rounded(lines int) string {
	switch {
	case lines < 100:
		return "under 100"
	case lines < 1000:
		return "hundreds"
	}
	return fmt.Sprintf("about %d,000", (lines+500)/1000)
}

// colour tells the groups of rooms apart.
func colour(name string) string {
	for _, g := range []struct {
		colour string
		rooms  []string
	}{
		{"#e8f1fb", []string{"nn", "loader", "resnet", "applications", "plan"}},
		{"#fdf0e0", []string{"reference", "cpu", "gpu", "shaders", "engine"}},
		{"#e9f7e9", []string{"classify", "serve", "."}},
		{"#f5ebfa", []string{"validate", "profile", "study", "view", "explore", "doctor"}},
	} {
		if slices.ContainsFunc(g.rooms, func(f string) bool { return below(name, f) }) {
			return g.colour
		}
	}
	return "#f2f2f2"
}

// reachable is the rooms that a room knows, by way of others too.
type reachable map[string]map[string]bool

func reaches(known map[string]*place) reachable {
	r := reachable{}
	var visit func(p *place) map[string]bool
	visit = func(p *place) map[string]bool {
		if r[p.name] != nil {
			return r[p.name]
		}
		all := map[string]bool{}
		for _, i := range p.imports {
			all[i] = true
			for j := range visit(known[i]) {
				all[j] = true
			}
		}
		r[p.name] = all
		return all
	}
	for _, p := range known {
		visit(p)
	}
	return r
}

// twice reports whether another import of the room leads to that one.
func (r reachable) twice(p *place, name string) bool {
	return slices.ContainsFunc(p.imports, func(i string) bool { return i != name && r[i][name] })
}

// countLines counts a file's lines; what cannot be read has none.
func countLines(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	return bytes.Count(text, []byte("\n"))
}
