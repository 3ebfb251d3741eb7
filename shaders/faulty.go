package shaders

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// FaultyDir is where, in the repository, the deliberately wrong kernels lie that
// package validate is tested with: KERNEL.FAULT.comp is KERNEL with one mistake.
const FaultyDir = "validate/testdata/faulty"

// Faulty lists those kernels, named KERNEL.FAULT; repository is the repository's
// root, which their Source is relative to.
func Faulty(repository fs.FS) ([]Kernel, error) {
	files, err := fs.Glob(repository, FaultyDir+"/*.comp")
	if err != nil {
		return nil, err
	}
	var list []Kernel
	for _, f := range files {
		name := strings.TrimSuffix(path.Base(f), ".comp")
		of, _, _ := strings.Cut(name, ".")
		k, ok := Named(of)
		if !ok {
			return nil, fmt.Errorf("%s is named after no kernel", f)
		}
		k.Name, k.Source = name, f
		list = append(list, k)
	}
	return list, nil
}
