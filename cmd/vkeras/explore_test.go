package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// exploring starts `vkeras explore` and returns the address that it prints, and what
// ends it.
func exploring(t *testing.T, args ...string) (address string, end func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, log := &safeBuffer{}, &safeBuffer{}
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, append([]string{"explore", "--no-browser", "--device", "cpu"}, args...), nil, out, log)
	}()
	line := regexp.MustCompile(`(?m)^(http://\S+/\?token=\S+)$`)
	require.Eventually(t, func() bool { return line.MatchString(out.String()) }, time.Minute, time.Millisecond, "%s", log)
	end = sync.OnceValue(func() int { cancel(); return <-status })
	t.Cleanup(func() { end() })
	return line.FindString(out.String()), end
}

// browser is a client that keeps cookies and follows redirects, as a browser does.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar}
}

// fetch reads what is at an address.
func fetch(t *testing.T, c *http.Client, address string) (status int, body []byte, at string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	answer, err := c.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, body, answer.Request.URL.String()
}

func TestExploreOffersAPictureWithTheDemoModel(t *testing.T) {
	address, end := exploring(t)
	c := browser(t)
	_, _, at := fetch(t, c, address)
	status, answer, _ := fetch(t, c, at+"api/pictures/s0/input.png")
	require.Equal(t, http.StatusOK, status, "%s", answer)
	require.Equal(t, "image/png", http.DetectContentType(answer))
	end()
}

func TestExploreIsOpenToWhoHasTheAddressUntilASignal(t *testing.T) {
	address, end := exploring(t, filepath.Join(samples, "two_3.jpg"))
	c := browser(t)
	status, page, at := fetch(t, c, address)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(page), "<html")
	require.NotContains(t, at, "token", "it is no more in the address")
	status, session, _ := fetch(t, c, at+"api/session")
	require.Equal(t, http.StatusOK, status)
	var s struct {
		Device  struct{ Word string }
		Model   struct{ Classes int }
		Samples []struct{ ID, Name string }
	}
	require.NoError(t, json.Unmarshal(session, &s))
	require.Equal(t, "cpu", s.Device.Word)
	require.Equal(t, 6, s.Model.Classes)
	require.Equal(t, "two_3.jpg", s.Samples[0].Name)
	status, _, _ = fetch(t, browser(t), at+"api/session")
	require.Equal(t, http.StatusForbidden, status)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
	require.NoError(t, err)
	r.Host = "evil.example"
	answer, err := c.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusForbidden, answer.StatusCode)
	require.Equal(t, ok, end())
	_, err = c.Get(at)
	require.Error(t, err)
}

func TestExploreRefusesWhatItCannotShow(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"a port that is taken":    {[]string{"--listen", l.Addr().String()}, failed, "address already in use"},
		"a precision of no name":  {[]string{"--precision", "fp8"}, wrongUsage, "fp8"},
		"a device that is none":   {[]string{"--device", "no such device"}, wrongUsage, "no such device"},
		"a picture that is none":  {[]string{filepath.Join(t.TempDir(), "none*.jpg")}, failed, "none*.jpg"},
		"a model that is none":    {[]string{"--model", filepath.Join(samples, "two_3.jpg")}, failed, "two_3.jpg"},
		"code of no kernel":       {[]string{"--spirv", "nothing=x.spv"}, wrongUsage, "nothing"},
		"labels that are too few": {[]string{"--labels", "../../go.mod"}, failed, "--labels"},
	} {
		t.Run(name, func(t *testing.T) {
			r := vkeras(t, nil, append([]string{"explore", "--no-browser"}, c.args...)...)
			require.Equal(t, c.status, r.status, r.stderr)
			require.Contains(t, r.stderr, c.says)
			require.Empty(t, r.stdout)
		})
	}
}

func TestServeShowsThePageOnlyWhenAsked(t *testing.T) {
	url, _, end := serving(t, "--device", "cpu")
	status, _, _ := fetch(t, browser(t), url+"/explore/")
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, ok, end())
	url, log, end := serving(t, "--device", "cpu", "--explore")
	status, _, _ = fetch(t, browser(t), url+"/explore/api/session")
	require.Equal(t, http.StatusForbidden, status)
	address := regexp.MustCompile(`msg=explore address="(\S+)"`).FindStringSubmatch(log.String())
	require.Len(t, address, 2, "%s", log)
	c := browser(t)
	status, page, at := fetch(t, c, address[1])
	require.Equal(t, http.StatusOK, status, "%s", page)
	require.Equal(t, url+"/explore/", at)
	status, _, _ = fetch(t, c, at+"api/session")
	require.Equal(t, http.StatusOK, status)
	status, _, _ = fetch(t, c, url+"/v2/health/ready")
	require.Equal(t, http.StatusOK, status, "the models are where they were")
	require.Equal(t, ok, end())
}

func TestHostsOfAListener(t *testing.T) {
	for address, want := range map[string][]string{
		"127.0.0.1:8090": {"127.0.0.1:8090", "localhost:8090", "127.0.0.1:8090", "[::1]:8090"},
		"192.0.2.7:8090": {"192.0.2.7:8090"},
		"192.0.2.7:80":   {"192.0.2.7:80", "192.0.2.7"},
		"0.0.0.0:8090":   nil,
		"[::]:8090":      nil,
	} {
		a, err := net.ResolveTCPAddr("tcp", address)
		require.NoError(t, err)
		require.Equal(t, want, hostsOf(a), address)
	}
}
