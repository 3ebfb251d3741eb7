// Package browsertest drives the page of vkeras explore in a real browser, headless
// Chromium, as a person would: by pointer, keyboard, dropped and pasted pictures.
// What a browser reports (errors on its console, what the Content-Security-Policy
// refused, requests to elsewhere) fails a test.
//
// It is a module of its own, so that a browser's protocol is nobody's dependency,
// and knows only the program, which VKERAS_EXPLORE_TEST names; `make explore-test`
// builds it and installs the browser. No package of vkeras enters here.
package browsertest
