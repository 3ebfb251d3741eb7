package serve

import (
	"context"
	"math"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/vkeras/vkeras/internal/inference"
)

// grpcCalls is how many calls one connection may have under way: more than that
// wait with the client.
const grpcCalls = 256

// GRPC answers over gRPC for a Server: the protocol's GRPCInferenceService, and
// grpc.health.v1.Health for the server, "", and for each model by its name.
type GRPC struct {
	server  *Server
	rpc     *grpc.Server
	serving context.Context // until Shutdown
	stop    context.CancelFunc
}

// GRPC returns what answers over gRPC, beside HTTP and through the same queues.
// The options say how to keep connections and so on; sizes of messages are bound
// by Options. It is shut down before the server is closed.
func (s *Server) GRPC(options ...grpc.ServerOption) *GRPC {
	g := &GRPC{server: s}
	g.serving, g.stop = context.WithCancel(context.Background())
	g.rpc = grpc.NewServer(append(options,
		grpc.MaxRecvMsgSize(int(s.messageBytes())), grpc.MaxConcurrentStreams(grpcCalls),
		grpc.ForceServerCodecV2(codec{encoding.GetCodecV2(proto.Name)}), grpc.WaitForHandlers(true))...)
	own := g.bounded(inference.GRPCInferenceService_ServiceDesc)
	for i := range own.Streams {
		if own.Streams[i].StreamName == "ModelInfer" {
			own.Streams[i].Handler = func(_ any, stream grpc.ServerStream) error { return s.inferGRPC(stream) }
		}
	}
	g.rpc.RegisterService(own, grpcMetadata{server: s})
	g.rpc.RegisterService(g.bounded(healthpb.Health_ServiceDesc), s.health)
	return g
}

// messageBytes is the most that a gRPC message may have.
func (s *Server) messageBytes() int64 { return min(s.options.RequestBytes, math.MaxInt32) }

// Serve answers on a listener, which it closes, until Shutdown.
func (g *GRPC) Serve(l net.Listener) error { return g.rpc.Serve(l) }

// Shutdown takes no more calls and finishes those that were begun, but for
// watches of the health, which it ends. When the context ends first it cuts the
// calls off and returns the context's error.
func (g *GRPC) Shutdown(ctx context.Context) error {
	g.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.rpc.GracefulStop()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		g.rpc.Stop()
		<-done
		return ctx.Err()
	}
}

// bounded returns a service whose messages are read through Server.calls. gRPC
// reads the message of a unary call before it asks anyone, so each becomes a
// stream of one message and one answer, which is the same on the wire.
func (g *GRPC) bounded(d grpc.ServiceDesc) *grpc.ServiceDesc {
	var streams []grpc.StreamDesc
	for _, method := range d.Methods {
		streams = append(streams, grpc.StreamDesc{StreamName: method.MethodName, Handler: func(service any, stream grpc.ServerStream) error {
			read := func(v any) error { return g.server.calls.receive(stream, v) }
			reply, err := method.Handler(service, stream.Context(), read, nil)
			if err != nil {
				return refuse(stream, outcomeOf(stream.Context(), err), err)
			}
			return stream.SendMsg(reply)
		}})
	}
	for _, s := range d.Streams {
		handle := s.Handler
		s.Handler = func(service any, stream grpc.ServerStream) error {
			ctx, cancel := context.WithCancel(stream.Context())
			defer cancel()
			defer context.AfterFunc(g.serving, cancel)()
			return handle(service, watch{stream, ctx, g.server.calls})
		}
		streams = append(streams, s)
	}
	d.Methods, d.Streams = nil, streams
	return &d
}

// watch is a stream of answers that goes on until the client or the server ends it.
type watch struct {
	grpc.ServerStream
	ctx  context.Context
	gate gate
}

func (w watch) Context() context.Context { return w.ctx }

func (w watch) RecvMsg(v any) error {
	err := w.gate.receive(w.ServerStream, v)
	if err != nil {
		err = refuse(w.ServerStream, outcomeOf(w.ctx, err), err)
	}
	return err
}

// grpcMetadata answers the calls that compute nothing.
type grpcMetadata struct {
	inference.UnimplementedGRPCInferenceServiceServer
	server *Server
}

func (g grpcMetadata) ServerLive(context.Context, *inference.ServerLiveRequest) (*inference.ServerLiveResponse, error) {
	return &inference.ServerLiveResponse{Live: true}, nil
}

func (g grpcMetadata) ServerReady(context.Context, *inference.ServerReadyRequest) (*inference.ServerReadyResponse, error) {
	return &inference.ServerReadyResponse{Ready: g.server.Ready()}, nil
}

func (g grpcMetadata) ModelReady(_ context.Context, r *inference.ModelReadyRequest) (*inference.ModelReadyResponse, error) {
	q, err := g.server.find(r.GetName(), r.GetVersion())
	if err != nil {
		return nil, err
	}
	return &inference.ModelReadyResponse{Ready: g.server.readyWith(q)}, nil
}

func (g grpcMetadata) ServerMetadata(context.Context, *inference.ServerMetadataRequest) (*inference.ServerMetadataResponse, error) {
	about := g.server.about()
	return &inference.ServerMetadataResponse{Name: about.Name, Version: about.Version, Extensions: about.Extensions}, nil
}

func (g grpcMetadata) ModelMetadata(_ context.Context, r *inference.ModelMetadataRequest) (*inference.ModelMetadataResponse, error) {
	q, err := g.server.find(r.GetName(), r.GetVersion())
	if err != nil {
		return nil, err
	}
	d := describe(q.model)
	return &inference.ModelMetadataResponse{
		Name: d.Name, Versions: d.Versions, Platform: d.Platform, Inputs: grpcTensors(d.Inputs), Outputs: grpcTensors(d.Outputs),
	}, nil
}

func grpcTensors(specs []specJSON) []*inference.ModelMetadataResponse_TensorMetadata {
	list := make([]*inference.ModelMetadataResponse_TensorMetadata, len(specs))
	for i, s := range specs {
		list[i] = &inference.ModelMetadataResponse_TensorMetadata{Name: s.Name, Datatype: s.Datatype, Shape: grpcShape(s.Shape)}
	}
	return list
}

func grpcShape(shape []int) []int64 {
	list := make([]int64, len(shape))
	for i, d := range shape {
		list[i] = int64(d)
	}
	return list
}
