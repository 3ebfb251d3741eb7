package gpu_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// From a Keras file and a picture to an answer.
func Example() {
	model, err := loader.Open("../testdata/demo/signs_resnet50.h5")
	if err != nil {
		log.Fatal(err)
	}
	device, err := gpu.Open(gpu.Default())
	if err != nil {
		log.Fatal(err)
	}
	defer device.Close()
	net, err := gpu.Load(device, model.Graph, gpu.Options{Batch: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer net.Close()

	file, err := os.Open("../testdata/demo/pictures/four_1.png")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	x := nn.NewTensor(1, 64, 64, 3) // NHWC
	if _, err := pictures.Tensor(x.Image(0), file, 64, 64, pictures.Options{Preset: pictures.Exercise}); err != nil {
		log.Fatal(err)
	}
	probabilities, err := net.Run(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	for sign, p := range probabilities.Image(0) {
		if p > 0.5 {
			fmt.Println("it is a", sign)
		}
	}
	// Output: it is a 4
}
