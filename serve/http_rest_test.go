package serve_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/serve"
)

// sendFirst writes a whole request before it reads, as Python's http.client does,
// and returns the answer; then it asks whether the server is live, on the same
// connection if that is still open.
func sendFirst(t *testing.T, url, path string, header http.Header, size int) (status int, open bool) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	var head bytes.Buffer
	fmt.Fprintf(&head, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n", path, size)
	require.NoError(t, header.Write(&head))
	head.WriteString("\r\n")
	_, err = c.Write(append(head.Bytes(), make([]byte, size)...))
	require.NoError(t, err, "writing the request")
	in := bufio.NewReader(c)
	r, err := http.ReadResponse(in, nil)
	require.NoError(t, err, "reading the answer")
	_, err = io.Copy(io.Discard, r.Body)
	require.NoError(t, err)
	if r.Close {
		return r.StatusCode, false
	}
	_, err = io.WriteString(c, "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	again, err := http.ReadResponse(in, nil)
	require.NoError(t, err)
	require.NoError(t, again.Body.Close())
	return r.StatusCode, again.StatusCode == http.StatusOK
}

func TestARefusalReachesAClientThatSendsItsWholeBodyFirst(t *testing.T) {
	const size = 8 << 20
	g := fixture(t, "exercise_small_keras3/model.legacy.h5")
	_, url := start(t, serve.Options{RequestBytes: size}, modelOf("small", g, 1, engineOf(t, g, 1, 1)))
	for name, c := range map[string]struct {
		path   string
		header http.Header
		size   int
		status int
		open   bool
	}{
		"an unknown model":    {"/v2/models/other/infer", nil, size, http.StatusNotFound, true},
		"an unknown path":     {"/v3", nil, size, http.StatusNotFound, true},
		"an unknown encoding": {"/v2/models/small/infer", http.Header{"Content-Encoding": {"gzip"}}, size, http.StatusUnsupportedMediaType, true},
		"a body too large":    {"/v2/models/small/infer", nil, size + 1, http.StatusRequestEntityTooLarge, false},
		"a body of no sense":  {"/v2/models/small/infer", nil, size, http.StatusBadRequest, true},
		"a method not taken":  {"/v2/health/live", nil, size, http.StatusNotFound, true},
	} {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				status, open := sendFirst(t, url, c.path, c.header, c.size)
				require.Equal(t, c.status, status)
				require.Equal(t, c.open, open, "the connection stays open")
			}
		})
	}
}

func TestARequestOfAnotherKindIsToldInTheWordsOfJSON(t *testing.T) {
	_, url := start(t, serve.Options{}, demoModel(t, 1))
	for body, says := range map[string]string{
		`[]`:                         "expected an object, found a list",
		`{"id": 7, "inputs": []}`:    "id: expected a string, found a number",
		`{"inputs": [{"shape": 1}]}`: "shape: expected a list, found a number",
	} {
		r := infer(t, url+"/v2/models/signs/infer", []byte(body), len(body))
		require.Equal(t, http.StatusBadRequest, r.status)
		require.Contains(t, string(r.body), says)
		require.NotContains(t, string(r.body), "Go value")
	}
}

func TestABodyThatTheClientHoldsBackIsNotAskedFor(t *testing.T) {
	_, url := start(t, serve.Options{}, demoModel(t, 1))
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(c, "POST /v2/models/other/infer HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n")
	require.NoError(t, err)
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Equal(t, http.StatusNotFound, r.StatusCode, "at once, not 100 Continue")
}

func TestWhatIsReadBesideAnAnswerIsBoundedInTime(t *testing.T) {
	_, url := start(t, serve.Options{BodyTime: 50 * time.Millisecond}, demoModel(t, 1))
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(c, "POST /v2/models/other/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbegun")
	require.NoError(t, err)
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Equal(t, http.StatusNotFound, r.StatusCode)
	require.True(t, r.Close)
}
