package pictures_test

import (
	"fmt"
	"log"
	"os"

	"github.com/vkeras/vkeras/resnet/pictures"
)

// One picture of a batch, as the course exercise feeds its network:
// keras.utils.load_img(f, target_size=(64, 64)) / 255.
func ExampleTensor() {
	f, err := os.Open("../../testdata/demo/pictures/one_1.png")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	input := make([]float32, 64*64*3)
	info, err := pictures.Tensor(input, f, 64, 64, pictures.Options{
		Filter: pictures.Nearest,
		Preset: pictures.Exercise,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, %d x %d\n", info.Format, info.Width, info.Height)
	fmt.Printf("first pixel %.4f\n", input[:3])
	// Output:
	// png, 64 x 64
	// first pixel [0.8392 0.8471 0.8078]
}

func ExamplePreset_Describe() {
	fmt.Println(pictures.Caffe.Describe())
	fmt.Println(pictures.Nearest.Describe())
	// Output:
	// x - (103.939, 116.779, 123.68), BGR; keras.applications.resnet.preprocess_input (ResNet50, 101, 152)
	// takes the source pixel under each centre; keras.utils.load_img(target_size=(height, width), interpolation="nearest"), its default
}

// The bytes of Pillow's bilinear filter, which averages when it shrinks.
func ExampleResize() {
	src := &pictures.RGB{Width: 4, Height: 1, Pix: []byte{0, 0, 0, 100, 100, 100, 200, 200, 200, 255, 255, 255}}
	for _, f := range []pictures.Filter{pictures.Nearest, pictures.Box, pictures.Bilinear} {
		dst, err := pictures.Resize(src, 2, 1, f)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(f, dst.Pix[0], dst.Pix[3])
	}
	// Output:
	// nearest 100 255
	// box 50 228
	// bilinear 71 209
}
