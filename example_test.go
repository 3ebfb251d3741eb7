package vkeras_test

import (
	"context"
	"fmt"
	"log"

	"github.com/vkeras/vkeras"
	"github.com/vkeras/vkeras/nn"
)

// A whole program: open a model, classify a file, print the classes.
func Example() {
	model, err := vkeras.Open("testdata/demo/signs_resnet50.h5")
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	classes, err := model.Classify(context.Background(), "testdata/demo/pictures/two_1.png")
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range classes[:2] {
		fmt.Printf("%s fingers: %.1f %%\n", c.Label, 100*c.Score)
	}
	// Output:
	// 2 fingers: 98.5 %
	// 3 fingers: 1.3 %
}

func ExampleModel_Predict() {
	model, err := vkeras.OpenWith("testdata/demo/signs_resnet50.h5", vkeras.Options{Device: "reference"})
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	x := nn.NewTensor(2, 64, 64, 3) // two black pictures
	y, err := model.Predict(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(y.Shape)
	// Output: (2, 6)
}
