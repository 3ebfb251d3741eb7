package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// module is the path of the module whose rooms are drawn.
const module = "github.com/vkeras/vkeras"

// room is a package of the module.
type room struct {
	name    string   // its path below the module; "." for the root
	says    string   // the first sentence of its doc comment, without "Package x"
	lines   int      // of Go, C and GLSL, without tests and what is generated
	imports []string // names of rooms, sorted
	outside []string // other imports, sorted
}

// list asks `go list` for the rooms, without their tests.
func list() ([]room, error) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,Imports,GoFiles,CgoFiles,CFiles,HFiles", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("go list: %w", err)
	}
	var rooms []room
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir, Doc              string
			Imports                           []string
			GoFiles, CgoFiles, CFiles, HFiles []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return rooms, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		r := room{name: nameOf(p.ImportPath), says: p.Doc}
		for _, i := range p.Imports {
			if i == module || strings.HasPrefix(i, module+"/") {
				r.imports = append(r.imports, nameOf(i))
			} else {
				r.outside = append(r.outside, i)
			}
		}
		for _, f := range slices.Concat(p.GoFiles, p.CgoFiles, p.CFiles, p.HFiles) {
			if !strings.HasSuffix(f, ".pb.go") {
				r.lines += countLines(p.Dir + "/" + f)
			}
		}
		rooms = append(rooms, r)
	}
}

// nameOf returns a package's path below the module.
func nameOf(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// below reports whether a room is the folder or in it.
func below(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }
