// Package inference is the gRPC interface of the Open Inference Protocol, version
// 2: the stubs that `make proto` generates from open_inference.proto. Nothing is
// written here by hand but that file.
//
// The names of its messages are the protocol's, so a program that links another
// copy of them must build with protobuf's registration of conflicts in mind:
// https://protobuf.dev/reference/go/faq/#namespace-conflict.
package inference
