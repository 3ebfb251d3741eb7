package serve

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/vkeras/vkeras/internal/inference"
)

// gate lets so many gRPC messages be read at once. How large one is nobody knows
// before it is there, and up to its limit it is let come, so each of them counts
// as one of that size. The others wait: what of them has come is in the window of
// their stream, 64 KiB.
type gate struct {
	turns  *semaphore.Weighted
	within time.Duration // for a message to come, when it is its turn
}

// How the calls that compute nothing have their messages read, which are short:
// beside those of inference, so that a full server still says how it is.
const (
	callTurns  = 4
	callWithin = 5 * time.Second
)

// turnTime is how long a message waits for its turn.
const turnTime = time.Second

// turn waits until a message may be read; done ends that.
func (g gate) turn(ctx context.Context) (done func(), err error) {
	wait, cancel := context.WithTimeout(ctx, turnTime)
	defer cancel()
	if g.turns.Acquire(wait, 1) != nil {
		return nil, fmt.Errorf("%w: it reads as many requests as it may", ErrBusy)
	}
	return func() { g.turns.Release(1) }, nil
}

// receive reads a message when it is its turn.
func (g gate) receive(stream grpc.ServerStream, v any) error {
	done, err := g.turn(stream.Context())
	if err != nil {
		return err
	}
	defer done()
	return g.read(stream, v)
}

// read reads a message whose turn it is. Where it gives up, v may still be written
// to.
func (g gate) read(stream grpc.ServerStream, v any) error {
	got := make(chan error, 1)
	go func() { got <- stream.RecvMsg(v) }() // ends with the stream, where this returns before
	late := time.NewTimer(g.within)
	defer late.Stop()
	select {
	case err := <-got:
		return received(err)
	case <-late.C:
		return fmt.Errorf("%w: %v", errTooSlow, g.within)
	}
}

// received says whose fault it is that a message could not be read.
func received(err error) error {
	switch s := status.Convert(err); s.Code() {
	case codes.ResourceExhausted:
		return fmt.Errorf("%w: %s", errTooLong, s.Message())
	case codes.Unimplemented: // a compressor
		return fmt.Errorf("%s: %w", s.Message(), errEncoding)
	case codes.Internal:
		return invalid("reading the message: %s", s.Message())
	}
	return err
}

// refuse returns an error as gRPC has it. One that passes says when to come
// again, to people as RetryInfo, and to gRPC's own retries.
func refuse(stream grpc.ServerStream, o outcome, err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	s := status.New(o.code, err.Error())
	if o.again {
		stream.SetTrailer(metadata.Pairs("grpc-retry-pushback-ms", "1000"))
		if detailed, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)}); err == nil {
			s = detailed
		}
	}
	return s.Err()
}

// frame is a message as it came: decodeMessage decodes it, and so knows whose
// fault it is that it cannot.
type frame []byte

// codec is protobuf's, which leaves a frame as it is.
type codec struct{ encoding.CodecV2 }

func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if f, ok := v.(*frame); ok {
		*f = data.Materialize()
		return nil
	}
	return c.CodecV2.Unmarshal(data, v)
}

// maxFields is how many fields a request may have, other than floats: a field of
// two bytes, an empty input, takes 120 when it is decoded.
const maxFields = 1 << 16

// decodeMessage decodes an inference request.
func decodeMessage(b []byte) (*inference.ModelInferRequest, error) {
	m, left := &inference.ModelInferRequest{}, maxFields
	if err := count(m.ProtoReflect().Descriptor(), b, &left); err != nil {
		return nil, err
	}
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(b, m); err != nil {
		return nil, invalid("the request is not what the protocol says: %w", err)
	}
	return m, nil
}

// count takes the fields of a message from left, and fails where there are more.
func count(d protoreflect.MessageDescriptor, b []byte, left *int) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return invalid("the request is not what the protocol says: %w", protowire.ParseError(n))
		}
		b = b[n:]
		if n = protowire.ConsumeFieldValue(number, kind, b); n < 0 {
			return invalid("the request is not what the protocol says: %w", protowire.ParseError(n))
		}
		value := b[:n]
		b = b[n:]
		field := d.Fields().ByNumber(number)
		if field == nil || field.Kind() == protoreflect.FloatKind {
			continue // is dropped, or takes no more than it does here
		}
		*left--
		if kind == protowire.BytesType {
			inside, _ := protowire.ConsumeBytes(value)
			switch field.Kind() {
			case protoreflect.StringKind, protoreflect.BytesKind:
			case protoreflect.MessageKind:
				if err := count(field.Message(), inside, left); err != nil {
					return err
				}
			default: // numbers, one after the other, of a byte or more each
				*left -= len(inside)
			}
		}
		if *left < 0 {
			return invalid("the request has more than %d fields", maxFields)
		}
	}
	return nil
}
