// Package hostile is for the tests of everything that reads strangers' files:
// the bounds of memory and time that reading any file must keep, and the damage
// that such tests do to sound files.
//
// Only tests import it.
package hostile
