//go:build cgo

package simd

// #include "kernels.h"
import "C"

import "unsafe"

// The arguments are the same structs in Go and in C: these arrays have length 0,
// or this file does not compile.
var (
	_ [0]struct{} = [unsafe.Sizeof(Product{}) - unsafe.Sizeof(C.vk_product{})]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Product{}.Scratch) - unsafe.Offsetof(C.vk_product{}.scratch)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Product{}.YStep) - unsafe.Offsetof(C.vk_product{}.y_step)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Product{}.Before) - unsafe.Offsetof(C.vk_product{}.before)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Product{}.Lowest) - unsafe.Offsetof(C.vk_product{}.lowest)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Product{}.Alone) - unsafe.Offsetof(C.vk_product{}.alone)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Product{}.Behind) - unsafe.Offsetof(C.vk_product{}.behind)]struct{}{}

	_ [0]struct{} = [unsafe.Sizeof(Window{}) - unsafe.Sizeof(C.vk_window{})]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Window{}.Y) - unsafe.Offsetof(C.vk_window{}.y)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Window{}.Before) - unsafe.Offsetof(C.vk_window{}.before)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Window{}.Kind) - unsafe.Offsetof(C.vk_window{}.kind)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Window{}.Behind) - unsafe.Offsetof(C.vk_window{}.behind)]struct{}{}

	_ [0]struct{} = [unsafe.Sizeof(Reduce{}) - unsafe.Sizeof(C.vk_reduce{})]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Reduce{}.Kind) - unsafe.Offsetof(C.vk_reduce{}.kind)]struct{}{}

	_ [0]struct{} = [unsafe.Sizeof(Map{}) - unsafe.Sizeof(C.vk_map{})]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Map{}.Y) - unsafe.Offsetof(C.vk_map{}.y)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Map{}.YStep) - unsafe.Offsetof(C.vk_map{}.y_step)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Map{}.Alpha) - unsafe.Offsetof(C.vk_map{}.alpha)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(Map{}.Func) - unsafe.Offsetof(C.vk_map{}.function)]struct{}{}

	_ [0]struct{} = [unsafe.Sizeof(Softmax{}) - unsafe.Sizeof(C.vk_softmax{})]struct{}{}
)
