package serve

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"

	"github.com/vkeras/vkeras/internal/inference"
)

// inferGRPC answers ModelInfer.
func (s *Server) inferGRPC(stream grpc.ServerStream) error {
	remote := ""
	if p, ok := peer.FromContext(stream.Context()); ok {
		remote = p.Addr.String()
	}
	o, err := s.infer(stream.Context(), exchange{
		transport: "grpc", remote: remote,
		read: func() (*queue, *request, func(), error) {
			message, free, err := s.readMessage(stream)
			if err != nil {
				return nil, nil, nil, err
			}
			q, r, err := s.parseMessage(message)
			if err != nil {
				free()
				return nil, nil, nil, err
			}
			return q, r, free, nil
		},
		write: func(a *answer) error { return stream.SendMsg(answerMessage(a)) },
	})
	if err != nil {
		return refuse(stream, o, err)
	}
	return nil
}

// readMessage reads a request's message, within what all bodies may have; free
// gives that back.
func (s *Server) readMessage(stream grpc.ServerStream) (message []byte, free func(), err error) {
	done, err := s.inferences.turn(stream.Context())
	if err != nil {
		return nil, nil, err
	}
	defer done()
	limit := s.messageBytes()
	if _, err := s.budget(limit); err != nil {
		return nil, nil, err
	}
	came := new(frame) // not the result: where read gives up, it is still written to
	if err := s.inferences.read(stream, came); err != nil {
		s.bodies.Release(limit)
		return nil, nil, err
	}
	size := int64(len(*came))
	s.bodies.Release(limit - size)
	return *came, func() { s.bodies.Release(size) }, nil
}

// parseMessage returns what a message asks, and of which model.
func (s *Server) parseMessage(message []byte) (*queue, *request, error) {
	m, err := decodeMessage(message)
	if err != nil {
		return nil, nil, err
	}
	q, err := s.find(m.GetModelName(), m.GetModelVersion())
	if err != nil {
		return nil, nil, err
	}
	r, err := requestOf(m)
	return q, r, err
}

// requestOf reads a message. The answer is to come as the inputs do: raw, or as
// lists. Parameters that are not known are passed over, as the protocol has it.
func requestOf(m *inference.ModelInferRequest) (*request, error) {
	contents := m.GetRawInputContents()
	r := &request{id: m.GetId(), packed: len(contents) > 0}
	if r.packed && len(contents) != len(m.GetInputs()) {
		return nil, invalid("%d inputs, and %d raw_input_contents", len(m.GetInputs()), len(contents))
	}
	for i, t := range m.GetInputs() {
		in := input{name: t.GetName(), datatype: t.GetDatatype()}
		for _, d := range t.GetShape() {
			if int64(int(d)) != d {
				return nil, invalid("input %.100q: a length of %d", t.GetName(), d)
			}
			in.shape = append(in.shape, int(d))
		}
		switch {
		case !r.packed:
			in.contents = listed{t.GetContents().GetFp32Contents(), t.GetContents().GetBytesContents()}
		case t.GetContents() != nil:
			return nil, invalid("input %.100q has both contents and raw_input_contents", t.GetName())
		default:
			in.contents = packed(contents[i])
		}
		r.inputs = append(r.inputs, in)
	}
	for _, t := range m.GetOutputs() {
		classes, err := wholeNumber(t.GetParameters()["classification"])
		if err != nil {
			return nil, invalid("output %.100q: classification: %w", t.GetName(), err)
		}
		r.outputs = append(r.outputs, wanted{name: t.GetName(), packed: r.packed, classes: classes})
	}
	return r, nil
}

// wholeNumber reads a parameter; 0 where it is not there.
func wholeNumber(p *inference.InferParameter) (int, error) {
	switch v := p.GetParameterChoice().(type) {
	case nil:
		return 0, nil
	case *inference.InferParameter_Int64Param:
		return int(v.Int64Param), nil
	case *inference.InferParameter_Uint64Param:
		return int(v.Uint64Param), nil
	}
	return 0, invalid("expected an int64_param")
}

// answerMessage writes an answer.
func answerMessage(a *answer) *inference.ModelInferResponse {
	m := &inference.ModelInferResponse{ModelName: a.model, ModelVersion: version, Id: a.id}
	for _, r := range a.outputs {
		t := &inference.ModelInferResponse_InferOutputTensor{Name: r.name, Datatype: r.datatype, Shape: grpcShape(r.shape)}
		switch {
		case r.packed != nil:
			m.RawOutputContents = append(m.RawOutputContents, r.packed)
		case r.texts != nil:
			t.Contents = &inference.InferTensorContents{}
			for _, text := range r.texts {
				t.Contents.BytesContents = append(t.Contents.BytesContents, []byte(text))
			}
		default:
			t.Contents = &inference.InferTensorContents{Fp32Contents: r.numbers}
		}
		m.Outputs = append(m.Outputs, t)
	}
	return m
}
