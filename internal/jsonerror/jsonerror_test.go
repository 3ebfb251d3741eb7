package jsonerror

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKindsAreNamedAsInJSON(t *testing.T) {
	for text, says := range map[string]string{
		`[]`:                         "expected an object, found a list",
		`{"name": 1}`:                "name: expected a string, found a number",
		`{"list": "a"}`:              "list: expected a list, found a string",
		`{"list": [{}]}`:             "list: expected a number, found an object",
		`{"within": {"count": 1.5}}`: "within.count: expected a whole number, found number 1.5",
		`{"within": {"is": 0}}`:      "within.is: expected true or false, found a number",
		`{"within": {"size": true}}`: "within.size: expected a whole number, found true or false",
		`{`:                          "unexpected end of JSON input",
	} {
		var v struct {
			Name   string    `json:"name"`
			List   []float32 `json:"list"`
			Within struct {
				Count int  `json:"count"`
				Is    bool `json:"is"`
				Size  *int `json:"size"`
			} `json:"within"`
		}
		require.EqualError(t, Plain(json.Unmarshal([]byte(text), &v)), says, text)
	}
	other := errors.New("other")
	require.Equal(t, other, Plain(other))
	require.NoError(t, Plain(nil))
}
