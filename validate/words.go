package validate

import (
	"fmt"
	"strings"
)

// span names the things from..to-1.
func span(name string, from, to int) string {
	switch to - from {
	case 1:
		return fmt.Sprintf("%s %d", name, from)
	case 2:
		return fmt.Sprintf("%ss %d and %d", name, from, to-1)
	}
	return fmt.Sprintf("%ss %d to %d", name, from, to-1)
}

// elements counts them.
func elements(n int) string {
	if n == 1 {
		return "1 element"
	}
	return fmt.Sprintf("%d elements", n)
}

// numbers names things by number, the first few of many.
func numbers(name string, of []int) string {
	if n := len(of); n > 2 && of[n-1]-of[0] == n-1 {
		return span(name, of[0], of[n-1]+1)
	}
	const shown = 8
	var words []string
	for i, v := range of {
		if i == shown {
			return fmt.Sprintf("%ss %s and %d more", name, strings.Join(words, ", "), len(of)-shown)
		}
		words = append(words, fmt.Sprint(v))
	}
	if len(of) != 1 {
		name += "s"
	}
	return name + " " + list(words)
}

// list joins words as a sentence does.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// firstOf returns the index of the first count above 0.
func firstOf(counts []int) int {
	for i, n := range counts {
		if n > 0 {
			return i
		}
	}
	return 0
}

// nonzero returns the indices of the counts above 0.
func nonzero(counts []int) []int {
	var at []int
	for i, n := range counts {
		if n > 0 {
			at = append(at, i)
		}
	}
	return at
}
