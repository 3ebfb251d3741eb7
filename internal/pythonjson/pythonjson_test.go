package pythonjson

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPythonsConstantsAreNumbersOutsideOfStrings(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": NaN}`:                         `{"a": 1e999}`,
		`[Infinity, -Infinity]`:              `[1e999, -1e999]`,
		`{"NaN": "say \"NaN\"", "b": [NaN]}`: `{"NaN": "say \"NaN\"", "b": [1e999]}`,
	} {
		require.Equal(t, want, string(WithoutConstants([]byte(text))))
	}
	require.Nil(t, WithoutConstants([]byte(`{"a": "NaN"}`)))
	var v struct{ A string }
	require.NoError(t, Unmarshal([]byte(`{"a": "b", "c": NaN}`), &v))
	require.Equal(t, "b", v.A)
	require.Error(t, Unmarshal([]byte(`{"a": "b"`), &v))
}
