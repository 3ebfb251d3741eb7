package loader_test

import (
	"fmt"
	"log"
	"os"

	"github.com/vkeras/vkeras/loader"
)

func Example() {
	m, err := loader.Open("../testdata/demo/signs_resnet50.h5")
	if err != nil {
		log.Fatal(err)
	}
	total, trainable := m.Graph.Parameters()
	fmt.Printf("%v by Keras %s\n", m.Format, m.KerasVersion)
	fmt.Printf("%v to %v, %d parameters, %d of them trainable\n", m.Graph.Inputs[0].Shape, m.Graph.Outputs[0].Shape, total, trainable)
	// Output:
	// Keras HDF5 model by Keras 3.15.1
	// (64, 64, 3) to (6,), 23600006 parameters, 23546886 of them trainable
}

// A file of weights alone needs the architecture from somewhere: here from what
// model.to_json() returned.
func ExampleWithConfig() {
	const weights = "../testdata/keras/compressed_keras3/model.weights.h5"
	_, err := loader.Open(weights)
	fmt.Println(err)
	config, err := os.ReadFile("../testdata/keras/compressed_keras3/config.json")
	if err != nil {
		log.Fatal(err)
	}
	m, err := loader.Open(weights, loader.WithConfig(config))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Format, "for", m.Name)
	// Output:
	// ../testdata/keras/compressed_keras3/model.weights.h5: the file has weights alone, no architecture (Keras 3 weights)
	// Keras 3 weights for net
}
