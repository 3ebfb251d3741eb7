package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// inOrder are rooms whose files need each other in no circle, so that they can be
// read from top to bottom.
var inOrder = []string{"./cmd/vkeras", "./classify", "./doctor"}

// compiled is a package as `go list -export` tells of it.
type compiled struct {
	Dir, ImportPath, Export string
	GoFiles                 []string
	DepOnly                 bool
}

// compile lists the packages and all that they import, with what the compiler
// exports of each.
func compile(t *testing.T, names ...string) (list []compiled, exports map[string]string) {
	out, err := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=Dir,ImportPath,Export,GoFiles,DepOnly"}, names...)...).Output()
	require.NoError(t, err)
	exports = map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p compiled
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list, exports
		} else {
			require.NoError(t, err)
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly {
			list = append(list, p)
		}
	}
}

// needs returns which files of a package use what is declared in which others:
// types, functions, methods, variables and constants.
func needs(t *testing.T, p compiled, exports map[string]string) map[string][]string {
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, 0)
		require.NoError(t, err)
		files = append(files, f)
	}
	from := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	own, err := (&types.Config{Importer: from}).Check(p.ImportPath, set, files, info)
	require.NoError(t, err)
	uses := map[string][]string{}
	for at, object := range info.Uses {
		f, method := object.(*types.Func)
		method = method && f.Signature().Recv() != nil
		if object.Pkg() != own || !method && object.Parent() != own.Scope() {
			continue // another package's, a local one, or a field
		}
		file, other := filepath.Base(set.Position(at.Pos()).Filename), filepath.Base(set.Position(object.Pos()).Filename)
		if file != other && !slices.Contains(uses[file], other) {
			uses[file] = append(uses[file], other)
		}
	}
	return uses
}

// circle returns files of which each needs the next, and the last the first; nil
// where there are none.
func circle(uses map[string][]string) []string {
	var way []string
	done := map[string]bool{}
	var follow func(file string) []string
	follow = func(file string) []string {
		if i := slices.Index(way, file); i >= 0 {
			return way[i:]
		}
		if done[file] {
			return nil
		}
		way = append(way, file)
		for _, other := range slices.Sorted(slices.Values(uses[file])) {
			if c := follow(other); c != nil {
				return c
			}
		}
		way, done[file] = way[:len(way)-1], true
		return nil
	}
	for _, file := range slices.Sorted(maps.Keys(uses)) {
		if c := follow(file); c != nil {
			return c
		}
	}
	return nil
}

func TestFilesOfARoomNeedEachOtherInNoCircle(t *testing.T) {
	t.Chdir("../..")
	list, exports := compile(t, inOrder...)
	require.Len(t, list, len(inOrder))
	for _, p := range list {
		uses := needs(t, p, exports)
		require.Greater(t, len(uses), 3, p.ImportPath)
		require.Empty(t, circle(uses), "in %s each of these files needs the next: let both need a third", p.ImportPath)
	}
}

func TestACircleIsFound(t *testing.T) {
	uses := map[string][]string{"main": {"a", "b"}, "a": {"c"}, "b": {"c"}, "c": {"d"}}
	require.Empty(t, circle(uses))
	uses["d"] = []string{"a"}
	require.Equal(t, "a c d", strings.Join(circle(uses), " "))
}
