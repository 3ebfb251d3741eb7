package explore

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// policy is the Content-Security-Policy of all answers: the page's own files and
// nothing from elsewhere, no inline code, no frame around it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
	"media-src blob: 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard lets in who knows the token, by the right host and from no other page.
type guard struct {
	token  [sha256.Size]byte // hashed, so that comparing takes the same time for any length
	hosts  []string
	cookie string // its name: another vkeras on another port of this host has its own
}

func newGuard(token string, hosts []string) *guard {
	g := &guard{token: sha256.Sum256([]byte(token)), hosts: hosts}
	name := sha256.Sum256(g.token[:])
	g.cookie = "vkeras-" + hex.EncodeToString(name[:6])
	return g
}

func (g *guard) knows(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// over guards a handler.
func (g *guard) over(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
		h.Set("Cache-Control", "no-store")
		if err := g.admits(r); err != nil {
			fail(w, err)
			return
		}
		if token := r.URL.Query().Get("token"); r.Method == http.MethodGet && r.URL.Path == "/" && token != "" {
			g.greet(w, r, token)
			return
		}
		if !g.known(r) {
			fail(w, problem{http.StatusForbidden, "open the address that vkeras explore printed: it ends in a token"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// greet turns the token of the address into a cookie, and the address into one
// without it.
func (g *guard) greet(w http.ResponseWriter, r *http.Request, token string) {
	if !g.knows(token) {
		fail(w, problem{http.StatusForbidden, "the token is not that of this vkeras explore: open the address that it printed"})
		return
	}
	http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: token, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.Header().Set("Location", "./") // wherever the handler is mounted
	w.WriteHeader(http.StatusSeeOther)
}

// admits refuses other hosts' names and other pages.
func (g *guard) admits(r *http.Request) error {
	if g.hosts != nil && !slices.Contains(g.hosts, r.Host) {
		return problem{http.StatusForbidden, "vkeras explore is not called " + shorten(r.Host, 80) + ": open the address that it printed"}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return problem{http.StatusForbidden, "another page may not ask"}
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	origin := r.Header.Get("Origin")
	if origin == "" && strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
		return nil // no browser
	}
	if u, err := url.Parse(origin); err != nil || u.Host == "" || u.Host != r.Host {
		return problem{http.StatusForbidden, "another page may not ask: Origin is not this host"}
	}
	return nil
}

// known reports whether the request has the token, in the cookie or as a bearer's.
func (g *guard) known(r *http.Request) bool {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return g.knows(bearer)
	}
	c, err := r.Cookie(g.cookie)
	return err == nil && g.knows(c.Value)
}
