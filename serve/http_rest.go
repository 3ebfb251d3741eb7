package serve

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// restReader drops what an answer leaves unread of a request's body, before the
// answer is begun. A client that writes its whole request before it reads finds
// the answer then, and not a connection that was reset under it; net/http itself
// reads 256 KiB and no more. What is dropped takes no memory, and is bounded: in
// bytes, as bodies are, and in time.
type restReader struct {
	http.ResponseWriter
	body  *watchedBody
	held  bool // the client waits to be told to send its body, and need not
	most  int64
	time  time.Duration
	begun bool
}

// watchedBody is a body that knows how far it was read.
type watchedBody struct {
	io.ReadCloser
	begun, ended bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.begun = true
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err == io.EOF
	return n, err
}

// readRest makes a writer of answers read the rest of the request's body first.
func (s *Server) readRest(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return w, r
	}
	body := &watchedBody{ReadCloser: r.Body}
	r = r.WithContext(r.Context()) // a copy: net/http still looks at the body that it knows
	r.Body = body
	return &restReader{
		ResponseWriter: w, body: body, held: strings.EqualFold(r.Header.Get("Expect"), "100-continue"),
		most: s.options.RequestBytes, time: s.options.BodyTime,
	}, r
}

// Unwrap is for http.ResponseController.
func (w *restReader) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *restReader) WriteHeader(status int) {
	w.drop()
	w.ResponseWriter.WriteHeader(status)
}

func (w *restReader) Write(b []byte) (int, error) {
	w.drop()
	return w.ResponseWriter.Write(b)
}

func (w *restReader) drop() {
	if w.begun || w.body.ended || w.held && !w.body.begun {
		return
	}
	w.begun = true
	// Not every writer knows deadlines; a server's own bounds the time then.
	_ = http.NewResponseController(w.ResponseWriter).SetReadDeadline(time.Now().Add(w.time))
	if n, err := io.CopyN(io.Discard, w.body, w.most+1); n > w.most || err != io.EOF {
		w.Header().Set("Connection", "close")
	}
}
