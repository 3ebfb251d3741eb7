package vkc

/*
#include "vkc.h"
#include <stdlib.h>
*/
import "C"

import (
	"math"
	"unsafe"
)

// CreateInspected makes a pipeline that Executables can be asked of.
func CreateInspected(device unsafe.Pointer, p Pipeline) (unsafe.Pointer, error) {
	c := (*C.vkc_pipeline)(C.calloc(1, C.sizeof_vkc_pipeline))
	defer C.free(unsafe.Pointer(c))
	constants := p.fill(c)
	defer C.free(constants)
	out := (*unsafe.Pointer)(C.calloc(1, C.size_t(unsafe.Sizeof(uintptr(0)))))
	defer C.free(unsafe.Pointer(out))
	err := check(C.vkc_create_inspected(device, c, out))
	return *out, err
}

// Executables returns what the driver says of the code of a pipeline that
// CreateInspected made.
func Executables(device, pipeline unsafe.Pointer) ([]Executable, error) {
	var n C.uint32_t
	found := make([]C.vkc_executable, C.VKC_MAX_EXECUTABLES)
	if err := check(C.vkc_executables(device, pipeline, &n, &found[0])); err != nil {
		return nil, err
	}
	list := make([]Executable, n)
	for i := range list {
		e := &list[i]
		e.Name, e.Description, e.SubgroupSize = C.GoString(&found[i].name[0]), C.GoString(&found[i].description[0]), int(found[i].subgroup_size)
		var err error
		if e.Statistics, err = statistics(device, pipeline, i); err != nil {
			return nil, err
		}
		if e.Forms, err = forms(device, pipeline, i); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func statistics(device, pipeline unsafe.Pointer, executable int) ([]Statistic, error) {
	var n C.uint32_t
	var found *C.vkc_statistic
	err := check(C.vkc_statistics(device, pipeline, C.uint32_t(executable), &n, &found))
	defer C.free(unsafe.Pointer(found))
	if err != nil || found == nil {
		return nil, err
	}
	list := make([]Statistic, n)
	for i, s := range unsafe.Slice(found, n) {
		list[i] = Statistic{C.GoString(&s.name[0]), C.GoString(&s.description[0]), number(uint32(s.format), uint64(s.value))}
	}
	return list, nil
}

// number returns a VkPipelineExecutableStatisticValueKHR.
func number(format uint32, bits uint64) any {
	switch format {
	case 0: // VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR
		return uint32(bits) != 0
	case 1: // INT64
		return int64(bits)
	case 3: // FLOAT64
		return math.Float64frombits(bits)
	}
	return bits // UINT64
}

func forms(device, pipeline unsafe.Pointer, executable int) ([]Form, error) {
	var n C.uint32_t
	var found *C.vkc_representation
	err := check(C.vkc_representations(device, pipeline, C.uint32_t(executable), &n, &found))
	defer C.free(unsafe.Pointer(found))
	if found == nil {
		return nil, err
	}
	var list []Form
	for _, r := range unsafe.Slice(found, n) {
		f := Form{Name: C.GoString(&r.name[0]), Description: C.GoString(&r.description[0])}
		if r.text != 0 && r.data != nil {
			f.Text = C.GoString((*C.char)(r.data))
		}
		C.free(r.data)
		list = append(list, f)
	}
	return list, err
}
