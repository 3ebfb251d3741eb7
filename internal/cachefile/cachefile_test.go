package cachefile

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWhatWasWrittenIsReadBackForTheSameKeyOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOf(rapid.Byte()).Draw(t, "key")
		other := rapid.SliceOf(rapid.Byte()).Draw(t, "other key")
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		content := seal(key, data)
		got, err := open(content, key)
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, got))
		if !bytes.Equal(key, other) {
			_, err = open(content, other)
			require.ErrorIs(t, err, ErrInvalid)
		}
	})
}

func TestEveryCutAndEveryChangedBitIsNoticed(t *testing.T) {
	key, data := []byte("a device"), []byte("what its driver compiled")
	content := seal(key, data)
	for n := range content {
		_, err := open(content[:n], key)
		require.ErrorIs(t, err, ErrInvalid, "cut to %d bytes", n)
	}
	_, err := open(append(bytes.Clone(content), 0), key)
	require.ErrorIs(t, err, ErrInvalid, "a byte too many")
	for bit := range 8 * len(content) {
		bad := bytes.Clone(content)
		bad[bit/8] ^= 1 << (bit % 8)
		_, err := open(bad, key)
		require.ErrorIs(t, err, ErrInvalid, "bit %d changed", bit)
	}
}

func FuzzOpen(f *testing.F) {
	key := []byte("key")
	f.Add([]byte{})
	f.Add([]byte(magic))
	f.Add(seal(key, []byte("data")))
	f.Add(seal(nil, nil))
	f.Fuzz(func(t *testing.T, content []byte) {
		data, err := open(content, key)
		if err == nil {
			require.Equal(t, seal(key, data), content)
		}
	})
}

func TestFilesAreReplacedWhole(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made", "when needed")
	key := []byte("key")
	_, err := Read(folder, "a.bin", key)
	require.ErrorIs(t, err, os.ErrNotExist)
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			if err := Write(folder, "a.bin", key, bytes.Repeat([]byte{byte(i)}, 100_000)); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	got, err := Read(folder, "a.bin", key)
	require.NoError(t, err)
	require.Equal(t, bytes.Repeat(got[:1], 100_000), got)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file stays")
}

func TestWhatIsNoFileOrTooLargeIsNotRead(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "folder.bin"), 0o700))
	_, err := Read(folder, "folder.bin", nil)
	require.ErrorIs(t, err, ErrInvalid)
	if null, err := os.Stat(os.DevNull); err == nil && !null.Mode().IsRegular() && os.Symlink(os.DevNull, filepath.Join(folder, "device.bin")) == nil {
		_, err = Read(folder, "device.bin", nil)
		require.ErrorIs(t, err, ErrInvalid)
	}
	f, err := os.Create(filepath.Join(folder, "huge.bin"))
	require.NoError(t, err)
	require.NoError(t, f.Truncate(MaxBytes+1)) // a hole: it takes no room
	require.NoError(t, f.Close())
	_, err = Read(folder, "huge.bin", nil)
	require.ErrorIs(t, err, ErrInvalid)
	require.Error(t, Write(folder, "more.bin", nil, make([]byte, MaxBytes)))
	require.Error(t, Write(filepath.Join(folder, "huge.bin"), "a.bin", nil, nil), "a file where the folder should be")
}
