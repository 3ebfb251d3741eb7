package loader_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/hostile"
	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/loader"
)

// below returns the files below a folder, by their paths there behind prefix.
func below(t testing.TB, folder, prefix string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	require.NoError(t, fs.WalkDir(os.DirFS(folder), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files[path.Join(prefix, name)], err = os.ReadFile(filepath.Join(folder, name))
		return err
	}))
	require.NotEmpty(t, files)
	return files
}

func with(files map[string][]byte, more ...map[string][]byte) map[string][]byte {
	all := map[string][]byte{}
	for _, m := range append(more, files) {
		for name, content := range m {
			all[name] = content
		}
	}
	return all
}

// writeAll writes files into a new folder.
func writeAll(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	made := map[string]bool{}
	for name, content := range files {
		if folder := path.Dir(name); !made[folder] {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, folder), 0o755))
			made[folder] = true
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o644))
	}
	return dir
}

func TestTheOneModelInAFolderOrArchiveIsFound(t *testing.T) {
	teachable := below(t, filepath.Join(kerasdata.Unpack(t, filepath.Join(containers, "layersmodel_teachable_tfjs4.22.0.zip")), "model"), "")
	nested := kerasdata.Unpack(t, filepath.Join(containers, "nested_tf2.15.zip"))
	old := kerasdata.Unpack(t, filepath.Join(containers, "nested_tf2.3.zip"))
	legacy, err := os.ReadFile(filepath.Join(fixtures, "nested_sequential_tfkeras", "model.legacy.h5"))
	require.NoError(t, err)
	archived, err := os.ReadFile(filepath.Join(fixtures, "nested_sequential_tfkeras", "model.keras"))
	require.NoError(t, err)
	labels := map[string][]byte{"labels.txt": []byte("0 rock\n1 paper\n2 scissors hand\n")}
	threeLabels := []string{"rock", "paper", "scissors hand"}
	fiveLabels := map[string][]byte{"labels.txt": []byte("0 a\r\n1 b\r\n2 c\r\n3 d\r\n4 e\r\n")}
	junk := map[string][]byte{
		"__MACOSX/._model.h5": []byte("\x00\x05\x16\x07"), ".DS_Store": {1}, ".hidden/model.h5": legacy, "README.md": []byte("# A model"),
		"photos/one.png": []byte("\x89PNG\r\n\x1a\n"),
	}
	for name, c := range map[string]struct {
		files  map[string][]byte
		format loader.Format
		inside string
		labels []string
	}{
		"Teachable Machine's TensorFlow.js download": {teachable, loader.LayersModel, "model.json", []string{"Rock", "Paper", "Scissors"}},
		"its Keras download":                         {with(fiveLabels, map[string][]byte{"keras_model.h5": legacy}), loader.LegacyModel, "keras_model.h5", []string{"a", "b", "c", "d", "e"}},
		"its SavedModel download":                    {with(labels, below(t, filepath.Join(nested, "savedmodel"), "model.savedmodel")), loader.SavedModel, "model.savedmodel", threeLabels},
		"a folder of Colab's, with what is around":   {with(junk, below(t, filepath.Join(old, "savedmodel"), "content/mymodel")), loader.SavedModel, "content/mymodel", nil},
		"a SavedModel":                               {below(t, filepath.Join(nested, "savedmodel"), ""), loader.SavedModel, "", nil},
		"a .keras archive in it":                     {with(junk, map[string][]byte{"best.keras": archived}), loader.Archive, "best.keras", nil},
		"a .keras archive that was unpacked": {map[string][]byte{
			"m/config.json": member(t, archived, "config.json"), "m/metadata.json": member(t, archived, "metadata.json"), "m/model.weights.h5": member(t, archived, "model.weights.h5"),
		}, loader.Archive, "m", nil},
		"labels of another number of classes": {with(labels, map[string][]byte{"keras_model.h5": legacy}), loader.LegacyModel, "keras_model.h5", nil},
		"labels of a terminal's commands":     {map[string][]byte{"keras_model.h5": legacy, "metadata.json": []byte(`{"labels": ["\u001b[2J", "b", "c", "d", "e"]}`)}, loader.LegacyModel, "keras_model.h5", nil},
		"labels of something else":            {map[string][]byte{"keras_model.h5": legacy, "labels.txt": []byte("rock\npaper\n"), "metadata.json": []byte("[]")}, loader.LegacyModel, "keras_model.h5", nil},
	} {
		t.Run(name, func(t *testing.T) {
			require2 := func(m *loader.Model, err error) {
				t.Helper()
				require.NoError(t, err)
				require.NoError(t, m.Graph.CheckWeights())
				require.Equal(t, c.format, m.Format)
				require.Equal(t, c.inside, m.Inside)
				require.Equal(t, c.labels, m.Labels)
				require.True(t, m.TeachableMachine || !strings.Contains(name, "download"))
			}
			require2(loader.Open(writeAll(t, c.files)))
			require2(read(zipOf(t, zip.Deflate, c.files)))
			require2(read(zipOf(t, zip.Store, c.files)))
		})
	}
}

func TestTheNewestCheckpointOfAFolderIsFound(t *testing.T) {
	dir := kerasdata.Unpack(t, filepath.Join(containers, "functional_tf2.8.zip"))
	files := with(below(t, filepath.Join(dir, "weights"), ""), below(t, filepath.Join(dir, "training"), ""))
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	require.NoError(t, err)
	for says, inside := range map[string]string{
		"model_checkpoint_path: \"x\"\nall_model_checkpoint_paths: \"x\"\n": "x",
		"model_checkpoint_path: \"/home/me/run/ckpt-1\"\n":                  "ckpt-1",
	} {
		files["checkpoint"] = []byte(says)
		m, err := loader.Open(writeAll(t, files), loader.WithConfig(config))
		require.NoError(t, err)
		require.Equal(t, inside, m.Inside)
	}
	for _, says := range []string{"", "model_checkpoint_path: \"lost\"\n", "model_checkpoint_path: \"../../etc/passwd\"\n"} {
		files["checkpoint"] = []byte(says)
		_, err := loader.Open(writeAll(t, files), loader.WithConfig(config))
		require.ErrorIs(t, err, loader.ErrUnsupported)
		require.ErrorContains(t, err, "2 models (ckpt-1, x): name one")
	}
}

func TestFoldersWithoutOneModelAreRefused(t *testing.T) {
	legacy, err := os.ReadFile(filepath.Join(fixtures, "nested_sequential_tfkeras", "model.legacy.h5"))
	require.NoError(t, err)
	nested := kerasdata.Unpack(t, filepath.Join(containers, "nested_tf2.15.zip"))
	saved := below(t, filepath.Join(nested, "savedmodel"), "")
	without := func(name string) map[string][]byte {
		files := with(saved)
		require.Contains(t, files, name)
		delete(files, name)
		return files
	}
	checkpoint := below(t, filepath.Join(nested, "weights"), "")
	delete(checkpoint, "x.data-00000-of-00001")
	many := map[string][]byte{}
	for i := range 4200 {
		many[strings.Repeat("x", 1+i/60)+string(rune('0'+i%60))] = nil
	}
	for name, c := range map[string]struct {
		files map[string][]byte
		is    error
		says  string
	}{
		"two models":                  {map[string][]byte{"a.h5": legacy, "b.h5": legacy}, loader.ErrUnsupported, "2 models (a.h5, b.h5): name one of them"},
		"a model and a checkpoint":    {with(map[string][]byte{"a.h5": legacy}, below(t, filepath.Join(nested, "weights"), "")), loader.ErrUnsupported, "2 models (x, a.h5)"},
		"two models in folders":       {map[string][]byte{"a/m.h5": legacy, "b/m.h5": legacy}, loader.ErrUnsupported, "2 models (a/m.h5, b/m.h5)"},
		"pictures":                    {map[string][]byte{"a.png": []byte("\x89PNG\r\n\x1a\n")}, loader.ErrFormat, "no model in it"},
		"a model too deep":            {map[string][]byte{"a/b/c/d/e/m.h5": legacy}, loader.ErrFormat, "no model in it"},
		"TensorFlow Lite":             {map[string][]byte{"model.tflite": []byte("\x1c\x00\x00\x00TFL3")}, loader.ErrUnsupported, "model.tflite is a TensorFlow Lite model"},
		"no weights":                  {without("variables/variables.index"), loader.ErrFormat, "there is no variables/variables.index"},
		"no data":                     {without("variables/variables.data-00000-of-00001"), loader.ErrFormat, "there is no variables.data-00000-of-00001"},
		"no metadata":                 {without("keras_metadata.pb"), loader.ErrUnsupported, "without Keras's metadata"},
		"an index alone":              {checkpoint, loader.ErrUnsupported, "x.index is the index of a checkpoint whose weights (x.data-...) are not beside it"},
		"a SavedModel as text":        {map[string][]byte{"saved_model.pbtxt": nil}, loader.ErrUnsupported, "saved_model.pbtxt"},
		"a pointer for saved_model":   {map[string][]byte{"saved_model.pb": []byte("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 99\n")}, loader.ErrFormat, "Git LFS pointer in place of the file of 99 bytes"},
		"nothing but an archive":      {map[string][]byte{"inner.zip": zipOf(t, zip.Store, map[string][]byte{"m.h5": legacy})}, loader.ErrFormat, "no model in it"},
		"more files than are counted": {many, loader.ErrUnsupported, "4096"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loader.Open(writeAll(t, c.files))
			require.ErrorIs(t, err, c.is)
			requireAdvice(t, err)
			require.ErrorContains(t, err, c.says)
			requireOneClearLine(t, err)
			_, err = read(zipOf(t, zip.Deflate, c.files))
			require.ErrorIs(t, err, c.is)
			requireAdvice(t, err)
			require.ErrorContains(t, err, c.says)
			requireOneClearLine(t, err)
		})
	}
}

// What is in a folder that a stranger packed may lead anywhere.
func TestNothingOutOfTheFolderIsRead(t *testing.T) {
	nested := kerasdata.Unpack(t, filepath.Join(containers, "nested_tf2.15.zip"))
	link := func(t *testing.T, name string) string {
		dir := writeAll(t, below(t, filepath.Join(nested, "savedmodel"), ""))
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
		require.NoError(t, os.Symlink(filepath.Join(nested, "savedmodel", name), filepath.Join(dir, name)))
		return dir
	}
	for name, says := range map[string]string{
		"variables/variables.data-00000-of-00001": "is a link out of the folder",
		"variables/variables.index":               "is a link out of the folder",
		"keras_metadata.pb":                       "is a link out of the folder",
	} {
		_, err := loader.Open(link(t, name))
		require.ErrorContains(t, err, says, name)
		requireOneClearLine(t, err)
	}
	teachable := below(t, filepath.Join(kerasdata.Unpack(t, filepath.Join(containers, "layersmodel_teachable_tfjs4.22.0.zip")), "model"), "m")
	teachable["model.weights.bin"] = teachable["m/model.weights.bin"]
	teachable["m/model.json"] = []byte(strings.Replace(string(teachable["m/model.json"]), "./model.weights.bin", "../model.weights.bin", 1))
	_, err := loader.Open(filepath.Join(writeAll(t, teachable), "m"))
	require.ErrorIs(t, err, loader.ErrUnsupported)
	require.ErrorContains(t, err, "not beside model.json")
}

func TestAFolderThatIsNoModelOpensNoPipe(t *testing.T) {
	dir := kerasdata.Unpack(t, filepath.Join(containers, "nested_tf2.15.zip"))
	name := filepath.Join(dir, "savedmodel", "keras_metadata.pb")
	require.NoError(t, os.Remove(name))
	makePipe(t, name)
	_, err := loader.Open(filepath.Join(dir, "savedmodel"))
	require.ErrorIs(t, err, loader.ErrUnsupported)
	require.ErrorContains(t, err, "keras_metadata.pb: not a regular file")
}

// Each level of compression may fill only so much memory, together.
func TestModelsCompressedTwiceStayWithinBounds(t *testing.T) {
	config, weights := keras3(t)
	padded := func(megabytes int) []byte {
		return archive(t, true, entry{"config.json", config}, entry{"model.weights.h5", append(bytes.Clone(weights), make([]byte, megabytes<<20)...)})
	}
	for _, c := range []struct {
		file []byte
		says string
	}{
		{zipOf(t, zip.Deflate, map[string][]byte{"m/model.keras": padded(30), "m/labels.txt": make([]byte, 1<<20)}), ""},
		{zipOf(t, zip.Deflate, map[string][]byte{"m/model.keras": padded(70), "m/labels.txt": make([]byte, 1<<20)}), "model.weights.h5: 7"},
	} {
		hostile.Within(t, len(c.file), func() {
			_, err := read(c.file)
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
			requireOneClearLine(t, err)
		})
	}
}
