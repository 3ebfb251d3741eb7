package resnet_test

import (
	"fmt"
	"log"

	"github.com/vkeras/vkeras/resnet"
)

func Example() {
	g, err := resnet.Build("exercise", resnet.Options{})
	if err != nil {
		log.Fatal(err)
	}
	total, _ := g.Parameters()
	known := resnet.Recognise(g)
	fmt.Println(g.Inputs[0].Shape, "to", g.Outputs[0].Shape)
	fmt.Println(total, "parameters,", g.MACs(), "multiply-accumulates")
	fmt.Println(known.Architecture, known.Preset, known.Labels)
	// Output:
	// (64, 64, 3) to (6,)
	// 23600006 parameters, 308178944 multiply-accumulates
	// exercise exercise [0 1 2 3 4 5]
}

// What the ways of halving cost, on the exercise's input.
func ExampleVariant() {
	for _, a := range resnet.Architectures() {
		if a.Variant == "" {
			continue
		}
		g, err := resnet.Variant(a.Variant, resnet.ExerciseOptions{})
		if err != nil {
			log.Fatal(err)
		}
		total, _ := g.Parameters()
		fmt.Printf("%-13s %8d parameters %3d M multiply-accumulates\n", a.Variant, total, g.MACs()/1e6)
	}
	// Output:
	// a             23600006 parameters 308 M multiply-accumulates
	// option-a      20811910 parameters 279 M multiply-accumulates
	// v1.5          23600006 parameters 326 M multiply-accumulates
	// c             23619430 parameters 345 M multiply-accumulates
	// d             23619430 parameters 345 M multiply-accumulates
	// blurpool      23624198 parameters 406 M multiply-accumulates
	// maxpool       23600006 parameters 308 M multiply-accumulates
	// avgpool       23600006 parameters 308 M multiply-accumulates
	// maxpool-after 23600006 parameters 397 M multiply-accumulates
	// avgpool-after 23600006 parameters 397 M multiply-accumulates
}

// A net from a notebook that had built another one before.
func ExampleExercise() {
	g, err := resnet.Exercise(resnet.ExerciseOptions{
		Naming: resnet.AutoNames,
		First:  map[string]int{"conv2d": 7, "batch_normalization": 7, "activation": 6, "add": 2},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range g.Layers()[:5] {
		fmt.Println(l.Name, l.Output().Shape)
	}
	// Output:
	// input_layer (64, 64, 3)
	// zero_padding2d (70, 70, 3)
	// conv2d_7 (32, 32, 64)
	// batch_normalization_7 (32, 32, 64)
	// activation_6 (32, 32, 64)
}
