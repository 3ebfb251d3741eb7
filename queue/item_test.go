package queue

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestLinesAreItemsAsAWorkerReadsThem(t *testing.T) {
	for line, want := range map[string]struct{ id, path, says string }{
		"a b.png":                          {path: "a b.png"},
		"  a.png \r":                       {path: "a.png"},
		`"a\u00e9.png"`:                    {path: "aé.png"},
		`{"path": "a.png"}`:                {path: "a.png"},
		`{"path": "a.png", "id": null}`:    {path: "a.png"},
		`{"path": "a.png", "id": [1,  2]}`: {path: "a.png", id: "[1,2]"},
		`{"path": "a.png", "id": ""}`:      {path: "a.png", id: `""`},
		"":                                 {says: "an empty line"},
		`""`:                               {says: "it has no path"},
		`{"id": 7}`:                        {says: "it has no path"},
		`{"path": `:                        {says: "not an item"},
		`{"path": 7}`:                      {says: "not an item"},
		`"a`:                               {says: "not an item"},
		strings.Repeat("x", 1<<20+1):       {says: "more than 1048576 bytes"},
	} {
		item, err := ParseItem([]byte(line))
		if want.says != "" {
			require.ErrorContains(t, err, want.says, "%.80s", line)
			continue
		}
		require.NoError(t, err, line)
		require.Equal(t, want.path, item.Path)
		require.Equal(t, want.id, string(item.ID))
	}
}

func TestAnItemIsKnownByItsIDOrElseItsPath(t *testing.T) {
	key := func(line string) string {
		item, err := ParseItem([]byte(line))
		require.NoError(t, err)
		return item.Key()
	}
	require.Equal(t, key("a.png"), key(`{"path": "a.png", "more": 1}`))
	require.Equal(t, key(`{"id": {"a": 1}, "path": "a.png"}`), key(`{"path": "b.png", "id": {"a":1}}`))
	require.NotEqual(t, key("a.png"), key("b.png"))
	require.NotEqual(t, key(`{"id": 1, "path": "a.png"}`), key(`{"id": "1", "path": "a.png"}`))
	require.NotEqual(t, key("a.png"), key(`{"id": "a.png", "path": "a.png"}`))
	require.Regexp(t, "^[0-9a-f]{32}$", key("a.* >/\x00 .png"), "a token of a subject")
}

func TestAFilesItemIsItsPath(t *testing.T) {
	for _, path := range []string{"a.png", " a", "a ", "a\nb", "a\r", `"a"`, "{a}", "a\xff.png", "日本.png"} {
		item, err := ParseItem(ItemOf(path).Line)
		require.NoError(t, err, "%q", path)
		require.Equal(t, path, item.Path)
		require.Equal(t, ItemOf(path).Key(), item.Key())
	}
}

func TestAnAnswerBelongsToItsItem(t *testing.T) {
	for _, c := range []struct {
		line, answer, says string
	}{
		{`a.png`, `{"path":"a.png","classes":[]}`, ""},
		{"a\xff\xfe.png", "{\"path\":\"a\ufffd\ufffd.png\"}", ""},
		{`{"id": {"a": 1}, "path": "a"}`, `{"id":{"a":1},"path":"a"}`, ""},
		{`{"id": null, "path": "a"}`, `{"id":null,"path":"a"}`, ""},
		{`a.png`, `{"path":"b.png"}`, "to another item"},
		{`{"id": 1, "path": "a"}`, `{"id":2,"path":"a"}`, "to another item"},
		{`{"id": 1, "path": "a"}`, `{"path":"a"}`, "to another item"},
		{`a.png`, `a.png: 3`, "not a JSON object"},
		{`a.png`, ``, "not a JSON object"},
	} {
		item, err := ParseItem([]byte(c.line))
		require.NoError(t, err)
		if err := item.answeredBy([]byte(c.answer)); c.says == "" {
			require.NoError(t, err, c.line)
		} else {
			require.ErrorContains(t, err, c.says, c.line)
		}
	}
}

func TestALineThatIsNoItemEndsTheLinesWithItsNumber(t *testing.T) {
	read := func(text string) (n int, failure error) {
		for _, err := range Lines(strings.NewReader(text)) {
			if err != nil {
				failure = err
			} else {
				require.NoError(t, failure, "nothing comes after it")
				n++
			}
		}
		return n, failure
	}
	n, err := read("a.png\n\n{\n b.png")
	require.Equal(t, 1, n)
	require.ErrorContains(t, err, "line 3: not an item")
	n, err = read("a.png\nb.png\n" + strings.Repeat("x", 2<<20))
	require.Equal(t, 2, n)
	require.ErrorContains(t, err, "line 3: a line of more than 1048576 bytes")
	n, err = read("\r\na.png\r\nb.png")
	require.Equal(t, 2, n)
	require.NoError(t, err)
	broken := errors.New("the disk")
	for _, err := range Lines(iotest.ErrReader(broken)) {
		require.ErrorIs(t, err, broken)
	}
}

func FuzzParseItem(f *testing.F) {
	for _, line := range []string{"a.png", `"a"`, `{"id": 7, "path": "a"}`, "\xff", "{}"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		item, err := ParseItem(line)
		if err != nil {
			return
		}
		require.NotEmpty(t, item.Path)
		require.NoError(t, item.answeredBy(item.failure("why")))
		if item.ID == nil {
			again, err := ParseItem(ItemOf(item.Path).Line)
			require.NoError(t, err)
			require.Equal(t, item.Key(), again.Key())
		}
	})
}
