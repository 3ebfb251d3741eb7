package lower

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGroupsAreSpreadOverTwoAxes(t *testing.T) {
	for _, c := range []struct {
		n       int64
		columns uint32
		rows    uint32
	}{{1, 1, 1}, {10, 10, 1}, {11, 6, 2}, {100, 10, 10}} {
		got, err := Spread(c.n, [2]int64{10, 10})
		require.NoError(t, err)
		require.Equal(t, [2]uint32{c.columns, c.rows}, got, "%d groups", c.n)
	}
	_, err := Spread(101, [2]int64{10, 10})
	require.ErrorIs(t, err, ErrTooLarge)
}
