// Package serve answers for models over HTTP and gRPC: the Open Inference
// Protocol, version 2, as KServe and Triton speak it, with JSON, with the binary
// tensor data extension, and as GRPCInferenceService.
//
//	s, err := serve.New(serve.Options{}, serve.Model{
//		Name: "signs", Inputs: serve.Inputs(graph), Outputs: serve.Outputs(graph),
//		Batch: 16, Programs: []serve.Program{{Device: "GPU 0", Engine: net, InFlight: 2}},
//		Pictures: &pictures.Options{Preset: pictures.Exercise},
//	})
//	defer s.Close()
//	go s.GRPC().Serve(listener)
//	err = http.ListenAndServe("127.0.0.1:8080", s)
//
// HTTP (http*.go) and gRPC (grpc*.go) only read requests and write answers; what
// is between is one and the same. The way of a request: its body is read within a
// limit and a budget of bytes, its images take places among those that may be in
// the server at once (there is none left: 503 with Retry-After, over gRPC
// RESOURCE_EXHAUSTED with RetryInfo), pictures are decoded on all cores, and the
// images wait until a batch is full or the first of them has waited for
// [Options.Delay]. Batches go to the program on the device that has the fewest
// images under way. The time in each of these is a histogram under /metrics.
//
// A client that goes away takes its images out of the queue. [Server.Drain] makes
// the server say that it is not ready, while it goes on to answer.
//
// The package knows tensors, pictures and the errors of package gpu. It opens no
// files, no devices and no ports: that is for whoever mounts it.
//
// The protocol: https://github.com/kserve/open-inference-protocol. Its extensions
// here, by Triton's documents: binary tensor data and classification,
// https://github.com/triton-inference-server/server/tree/main/docs/protocol. Of
// OpenVINO's Model Server is the custom that an input takes encoded pictures as
// BYTES of shape (N) under its own name.
package serve
