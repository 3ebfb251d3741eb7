package classify_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/loader"
)

// open puts the demo model, which counts the fingers of a hand, on the reference,
// so that the examples run where there is no Vulkan; engine.Choice{} takes the best
// device.
func open() (engine.Net, *classify.Task) {
	model, err := loader.Open("../testdata/demo/signs_resnet50.h5")
	if err != nil {
		log.Fatal(err)
	}
	task, err := classify.NewTask(model.Graph, classify.TaskOptions{})
	if err != nil {
		log.Fatal(err)
	}
	device, err := engine.Open(engine.Choice{Name: engine.Reference})
	if err != nil {
		log.Fatal(err)
	}
	net, err := device.Load(model.Graph, engine.Options{Batch: 16})
	if err != nil {
		log.Fatal(err)
	}
	return net, task
}

// A pattern is expanded, its pictures are read on all cores, and answers come in
// order, a batch at a time. What cannot be read is an answer too.
func ExampleRun() {
	net, task := open()
	defer net.Close()
	files, err := classify.ListPictures([]string{"../testdata/demo/pictures/t*_1.png", "none.png"})
	if err != nil {
		log.Fatal(err)
	}
	o := classify.Options{Reader: task.Reader, Labels: task.Labels}
	stats, err := classify.Run(context.Background(), net, classify.Files(files...), o, func(b *classify.Batch) error {
		for _, a := range b.Answers {
			if a.Err != nil {
				fmt.Println(filepath.Base(a.Name())+":", a.Message())
				continue
			}
			fmt.Printf("%s: %s, %.2f\n", filepath.Base(a.Name()), a.Classes[0].Label, a.Classes[0].Score)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Answered, "answered,", stats.Failed, "failed")
	// Output:
	// three_1.png: 3, 0.99
	// two_1.png: 2, 0.99
	// none.png: no such file or directory
	// 2 answered, 1 failed
}

// A program writes paths, or objects with an id of its own, and reads a line of
// JSON for each.
func ExampleLines() {
	net, task := open()
	defer net.Close()
	in := strings.NewReader(`{"id": 7, "path": "../testdata/demo/pictures/one_1.png"}` + "\n" + `{"id": 8}`)
	o := classify.Options{Reader: task.Reader, Labels: task.Labels}
	_, err := classify.Run(context.Background(), net, classify.Lines(in, classify.Part{}), o, func(b *classify.Batch) error {
		for _, a := range b.Answers {
			a.Classes = a.Classes[:min(len(a.Classes), 1)]
			for i := range a.Classes {
				a.Classes[i].Score = 1 // to the last bit it depends on the device
			}
		}
		return classify.WriteLines(os.Stdout, b.Answers)
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"id":7,"path":"../testdata/demo/pictures/one_1.png","width":64,"height":64,"classes":[{"index":1,"label":"1","score":1}]}
	// {"path":"{\"id\": 8}","error":"not an item: it has no path"}
}

// A run that was stopped goes on: the file says which pictures have answers.
func ExampleOpenCSV() {
	net, task := open()
	defer net.Close()
	folder, err := os.MkdirTemp("", "answers")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	all := []string{"../testdata/demo/pictures/one_1.png", "../testdata/demo/pictures/two_1.png"}
	for _, files := range [][]string{all[:1], all} { // the first was stopped after a picture
		results, err := classify.OpenCSV(context.Background(), filepath.Join(folder, "answers.csv"), task.Score, 1)
		if err != nil {
			log.Fatal(err)
		}
		o := classify.Options{Reader: task.Reader, Labels: task.Labels, Skip: results.Has}
		out := results.Writer()
		stats, err := classify.Run(context.Background(), net, classify.Files(files...), o, func(b *classify.Batch) error { return out.Write(b.Answers) })
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(stats.Answered, "answered")
		if err := results.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 1 answered
	// 1 answered
}

// Pictures are decoded once, for several models of the same input size.
func ExampleShards_Decode() {
	net, task := open()
	defer net.Close()
	folder, err := os.MkdirTemp("", "shards")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()
	shards, err := classify.OpenShards(context.Background(), classify.ShardOptions{Reader: task.Reader, Folder: folder})
	if err != nil {
		log.Fatal(err)
	}
	_, err = shards.Decode(ctx, []string{"../testdata/demo/pictures/five_3.jpg"}, func(a *classify.Answer) { fmt.Println(a.Message()) })
	if err != nil {
		log.Fatal(err)
	}
	if err := shards.Close(); err != nil {
		log.Fatal(err)
	}
	files, err := classify.ListPicturesOrShards([]string{folder})
	if err != nil {
		log.Fatal(err)
	}
	o := classify.Options{Reader: task.Reader, Labels: task.Labels}
	_, err = classify.Run(ctx, net, classify.Files(files...), o, func(b *classify.Batch) error {
		for _, a := range b.Answers {
			fmt.Println(filepath.Base(a.Name()), a.Classes[0].Label)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 00000.npy#0 5
}
