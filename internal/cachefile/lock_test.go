package cachefile

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// holder is set for a process that only takes a lock in that folder.
const holder = "VKERAS_TEST_LOCK"

func TestMain(m *testing.M) {
	if folder := os.Getenv(holder); folder != "" {
		if _, err := TryLock(folder, "a.lock"); err != nil {
			os.Exit(1)
		}
		fmt.Println("locked")
		time.Sleep(time.Minute)
	}
	os.Exit(m.Run())
}

func TestALockHasOneHolder(t *testing.T) {
	folder := t.TempDir()
	for range 2 {
		l, err := TryLock(folder, "a.lock")
		require.NoError(t, err)
		_, err = TryLock(folder, "a.lock")
		require.ErrorIs(t, err, ErrLocked)
		other, err := TryLock(folder, "b.lock")
		require.NoError(t, err)
		require.NoError(t, other.Unlock())
		require.NoError(t, l.Unlock())
	}
}

func TestAProcessThatIsKilledLeavesNoLock(t *testing.T) {
	folder := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), holder+"="+folder)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "locked\n", said)
	_, err = TryLock(folder, "a.lock")
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, c.Process.Kill())
	_ = c.Wait() // killed
	l, err := TryLock(folder, "a.lock")
	require.NoError(t, err)
	require.NoError(t, l.Unlock())
}
