package resnet_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/resnet"
)

func TestLabelsAreReadFromEveryKindOfFile(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"one a line", "tench\ngoldfish\ngreat white shark\n", []string{"tench", "goldfish", "great white shark"}},
		{"written on Windows", "\xef\xbb\xbftench\r\ngoldfish\r\n\r\n", []string{"tench", "goldfish"}},
		{"digits", "0\n1\n2", []string{"0", "1", "2"}},
		{"a JSON list", ` ["Katze", "Hündin"]`, []string{"Katze", "Hündin"}},
		{"imagenet_class_index.json", `{"0": ["n01440764", "tench"], "10": ["n01530575", "brambling"], "1": ["n01443537", "goldfish"],
			"2": ["a", "b"], "3": ["a", "c"], "4": ["a", "d"], "5": ["a", "e"], "6": ["a", "f"], "7": ["a", "g"], "8": ["a", "h"], "9": ["a", "i"]}`,
			[]string{"tench", "goldfish", "b", "c", "d", "e", "f", "g", "h", "i", "brambling"}},
		{"index to name", `{"1": "dog", "0": "cat"}`, []string{"cat", "dog"}},
		{"name to index", `{"dogs": 1, "cats": 0}`, []string{"cats", "dogs"}},
		{"names that are digits", `{"7": 1, "5": 0}`, []string{"5", "7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := resnet.ParseLabels(strings.NewReader(c.text))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestFilesThatNameNoClassesAreRefused(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", " \n", "there are no names"},
		{"an empty list", "[]", "there are no names"},
		{"an empty object", "{}", "there are no names"},
		{"an empty line", "cat\n\ndog", `the name of class 1, "", is empty`},
		{"an escape sequence", "cat\x1b[2J", "control characters"},
		{"not text", "\x89HDF\r\n", "not UTF-8"},
		{"a list of numbers", "[1, 2]", "expected a string, found a number"},
		{"broken JSON", `["cat"`, "unexpected end of JSON"},
		{"a gap", `{"0": "cat", "2": "dog"}`, `class 2 of "dog" is outside 0 to 1 or named twice`},
		{"a class twice", `{"0": "cat", "00": "dog"}`, "named twice"},
		{"a negative index", `{"cat": -1}`, "outside 0 to 0"},
		{"half an index", `{"cat": 0.5}`, `expected an index, found "cat"`},
		{"an empty entry", `{"0": []}`, "class 0: expected a name or a list that ends in one, found []"},
		{"too much", strings.Repeat("a", 16<<20+1), "more than 16777216 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := resnet.ParseLabels(strings.NewReader(c.text))
			require.ErrorIs(t, err, resnet.ErrLabels)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestParseLabelsPassesReadErrorsOn(t *testing.T) {
	fault := errors.New("unplugged")
	_, err := resnet.ParseLabels(iotest.ErrReader(fault))
	require.ErrorIs(t, err, fault)
	require.NotErrorIs(t, err, resnet.ErrLabels)
}

func FuzzParseLabels(f *testing.F) {
	for _, seed := range []string{"cat\ndog\n", `["cat"]`, `{"0": ["n0", "cat"]}`, `{"cat": 0}`, "{", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		labels, err := resnet.ParseLabels(strings.NewReader(text))
		if err != nil {
			require.ErrorIs(t, err, resnet.ErrLabels)
			return
		}
		require.NotEmpty(t, labels)
		for _, l := range labels {
			require.NotEmpty(t, l)
			require.False(t, strings.ContainsFunc(l, unicode.IsControl))
		}
	})
}
