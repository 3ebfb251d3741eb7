// Package classify answers for streams of pictures: files, folders and shards in,
// classes out, in order, as fast as the slowest stage allows and in memory that
// does not grow with their number.
//
//	files, err := classify.ListPictures([]string{"photos/"})
//	stats, err := classify.Run(ctx, net, classify.Files(files...), classify.Options{
//		Reader: classify.Reader{Height: 224, Width: 224, Pictures: pictures.Options{Preset: pictures.Caffe}},
//		Labels: labels,
//	}, func(b *classify.Batch) error {
//		for _, a := range b.Answers {
//			fmt.Println(a.Name(), a.Classes, a.Err)
//		}
//		return nil
//	})
//
// The way of a picture, a file each:
//
//   - list.go: names of files, folders and patterns become a list;
//   - source.go: a [Source] puts the list, or the lines of a reader, into the run;
//   - intake.go: pictures are read on all cores and queued in order;
//     reader.go reads one from a file, shard.go one of many decoded already;
//   - pipeline.go: batches are made of them and computed, one while the next is
//     uploaded, and handed out in order; stages.go counts what each stage took;
//   - answer.go: an [Answer]; csv.go, json.go and lines.go write them, and
//     csv.go and lines.go read what an earlier run wrote, so that a run can go on.
//
// [Shards.Decode] is the first half of that way alone: pictures into shards.
//
// The package computes on whatever package engine opened. Flags, tables for
// terminals, progress bars and the process's own standard streams stay outside.
package classify
