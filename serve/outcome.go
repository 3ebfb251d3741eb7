package serve

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/grpc/codes"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// outcome is what becomes of a request.
type outcome struct {
	status int        // of HTTP; the log and the metrics have it for gRPC too
	code   codes.Code // of gRPC
	again  bool       // the same request may well succeed a second later
}

// statusGone is what the log and the metrics call a request whose client went
// away: nobody gets it.
const statusGone = 499

// Errors that no caller of the package sees.
var (
	errNoModel  = errors.New("there is no such model")
	errTooLong  = errors.New("the request is too large")
	errTooSlow  = errors.New("the request did not come in time")
	errEncoding = errors.New("bodies are taken as they are: send them without compression")
)

// outcomeOf returns what an error means for a client.
func outcomeOf(client context.Context, err error) outcome {
	switch {
	case err == nil:
		return outcome{status: http.StatusOK, code: codes.OK}
	case errors.Is(err, errNoModel):
		return outcome{status: http.StatusNotFound, code: codes.NotFound}
	case errors.Is(err, errTooLong), errors.Is(err, pictures.ErrTooLarge):
		return outcome{status: http.StatusRequestEntityTooLarge, code: codes.ResourceExhausted}
	case errors.Is(err, errTooSlow):
		return outcome{status: http.StatusRequestTimeout, code: codes.DeadlineExceeded}
	case errors.Is(err, errEncoding):
		return outcome{status: http.StatusUnsupportedMediaType, code: codes.Unimplemented}
	// After those of a message that could not be read, for gRPC then ends its
	// stream, and so the context.
	case errors.Is(client.Err(), context.DeadlineExceeded):
		return outcome{status: statusGone, code: codes.DeadlineExceeded}
	case client.Err() != nil:
		return outcome{status: statusGone, code: codes.Canceled}
	case isInvalid(err), errors.Is(err, pictures.ErrFormat):
		return outcome{status: http.StatusBadRequest, code: codes.InvalidArgument}
	case errors.Is(err, ErrBusy):
		return outcome{status: http.StatusServiceUnavailable, code: codes.ResourceExhausted, again: true}
	case errors.Is(err, ErrClosed), errors.Is(err, ErrNoProgram), errors.Is(err, gpu.ErrDeviceLost):
		return outcome{status: http.StatusServiceUnavailable, code: codes.Unavailable, again: true}
	}
	return outcome{status: http.StatusInternalServerError, code: codes.Internal}
}
