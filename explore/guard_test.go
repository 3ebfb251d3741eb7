package explore_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/explore"
	"github.com/vkeras/vkeras/resnet/pictures"
)

func TestOnlyWhoHasTheTokenIsLetIn(t *testing.T) {
	c := start(t, branched(t), nil)
	host := strings.TrimPrefix(c.server.URL, "http://")
	limited := start(t, branched(t), func(o *explore.Options) { o.Hosts = []string{"127.0.0.1:1"} })
	ask := func(c *client, method, path string, header map[string]string) (*http.Response, []byte) {
		r, err := http.NewRequestWithContext(t.Context(), method, c.server.URL+path, nil)
		require.NoError(t, err)
		for name, value := range header {
			if name == "Host" {
				r.Host = value
			}
			r.Header.Set(name, value)
		}
		return c.send(r)
	}
	answer, _ := ask(c, "GET", "/?token="+token, nil)
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	require.Equal(t, "./", answer.Header.Get("Location"))
	cookies := answer.Cookies()
	require.Len(t, cookies, 1)
	require.True(t, cookies[0].HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, cookies[0].SameSite)
	cookie := cookies[0].Name + "=" + cookies[0].Value
	bearer := "Bearer " + token
	for name, want := range map[string]struct {
		client       *client
		method, path string
		header       map[string]string
		status       int
	}{
		"no token":                     {c, "GET", "/api/session", nil, 403},
		"no token for the page":        {c, "GET", "/", nil, 403},
		"no token for its files":       {c, "GET", "/index.html", nil, 403},
		"a wrong token":                {c, "GET", "/?token=the-toke", nil, 403},
		"a wrong bearer":               {c, "GET", "/api/session", map[string]string{"Authorization": "Bearer x"}, 403},
		"a wrong cookie":               {c, "GET", "/api/session", map[string]string{"Cookie": cookies[0].Name + "=x"}, 403},
		"another scheme":               {c, "GET", "/api/session", map[string]string{"Authorization": "Basic " + token}, 403},
		"a token on another path":      {c, "GET", "/api/session?token=" + token, nil, 403},
		"the cookie":                   {c, "GET", "/api/session", map[string]string{"Cookie": cookie}, 200},
		"the cookie for the page":      {c, "GET", "/", map[string]string{"Cookie": cookie}, 200},
		"the bearer":                   {c, "GET", "/api/session", map[string]string{"Authorization": bearer}, 200},
		"any host where none is named": {c, "GET", "/api/session", map[string]string{"Authorization": bearer, "Host": "evil.example"}, 200},
		"another host":                 {limited, "GET", "/api/session", map[string]string{"Authorization": bearer, "Host": "evil.example"}, 403},
		"the host":                     {limited, "GET", "/api/session", map[string]string{"Authorization": bearer, "Host": "127.0.0.1:1"}, 200},
		"another page that reads":      {c, "GET", "/api/session", map[string]string{"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}, 403},
		"another page that writes":     {c, "DELETE", "/api/pictures/s0", map[string]string{"Cookie": cookie, "Origin": "http://evil.example"}, 403},
		"a page without an origin":     {c, "DELETE", "/api/pictures/s0", map[string]string{"Cookie": cookie}, 403},
		"an opaque origin":             {c, "DELETE", "/api/pictures/s0", map[string]string{"Cookie": cookie, "Origin": "null"}, 403},
		"another port of this host":    {c, "DELETE", "/api/pictures/s0", map[string]string{"Cookie": cookie, "Origin": "http://127.0.0.1:1"}, 403},
		"this page":                    {c, "DELETE", "/api/pictures/s0", map[string]string{"Cookie": cookie, "Origin": "http://" + host}, 404},
		"a program":                    {c, "DELETE", "/api/pictures/s0", map[string]string{"Authorization": bearer}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			answer, b := ask(want.client, want.method, want.path, want.header)
			require.Equal(t, want.status, answer.StatusCode, "%s", b)
			for _, header := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"} {
				require.NotEmpty(t, answer.Header.Get(header), header)
			}
			require.NotContains(t, answer.Header.Get("Content-Security-Policy"), "unsafe")
			require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
			if want.status != 200 {
				require.NotContains(t, oneError(t, b), token)
			}
		})
	}
}

func TestItCanBeMountedBelowAPath(t *testing.T) {
	task, err := classify.NewTask(branched(t), classify.TaskOptions{Pictures: pictures.Options{Preset: pictures.TF}})
	require.NoError(t, err)
	x, err := explore.New(explore.Options{Task: task, Device: "cpu"})
	require.NoError(t, err)
	defer x.Close()
	require.Greater(t, len(x.Token()), 20, "without a token there is a new one")
	mux := http.NewServeMux()
	mux.Handle("/explore/", http.StripPrefix("/explore", x.Handler()))
	server := httptest.NewServer(mux)
	defer server.Close()
	c := &client{t, server, x.Token()}
	answer, _ := c.do("GET", "explore/?token="+x.Token(), nil)
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	require.Equal(t, "./", answer.Header.Get("Location"))
	require.Empty(t, answer.Cookies()[0].Path, "so that it goes to this path alone")
	var s struct{ Version string }
	c.get("explore/api/session", &s)
}

func TestWhatIsNotThereIsNamed(t *testing.T) {
	c := start(t, branched(t), nil)
	for _, path := range []string{"api/", "api/nothing", "api/graph/3", "api/pictures/p1/nothing"} {
		require.Contains(t, c.refused(404, "GET", path, nil), "no such request")
	}
	require.Contains(t, c.refused(404, "PUT", "api/graph", nil), "PUT")
	answer, _ := c.do("GET", "nothing.js", nil)
	require.Equal(t, 404, answer.StatusCode)
}
