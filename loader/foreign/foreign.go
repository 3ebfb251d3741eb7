package foreign

import (
	"bytes"
	"fmt"
	"regexp"
	"unicode/utf8"
)

// HeadBytes is how much of a file's beginning tells what it is.
const HeadBytes = 4096

// Kind is what a file is.
type Kind struct {
	Name   string // with its article: "a web page (HTML)"
	Advice string // what to do: "download the file itself"
	Lost   bool   // it stands in the place of a file that was to be had
	Model  bool   // it is a model, though not one of Keras's
}

// sign is how files of a kind begin.
type sign struct {
	begins func(head []byte) bool
	kind   Kind
}

// Identify names a file by its first HeadBytes bytes, or all of them if it has
// fewer.
func Identify(head []byte) (Kind, bool) {
	if k, ok := pointer(head); ok {
		return k, true
	}
	for _, list := range [][]sign{texts, packed, models, data} {
		for _, s := range list {
			if s.begins(head) {
				return s.kind, true
			}
		}
	}
	return Kind{}, false
}

const again = "download or copy it again"

var gitLFSSize = regexp.MustCompile(`\nsize (\d{1,18})`)

// pointer names what stands for a file, with the file's size where it says so.
func pointer(head []byte) (Kind, bool) {
	switch {
	case len(head) == 0:
		return Kind{Name: "an empty file (0 bytes)", Advice: again, Lost: true}, true
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		k := Kind{Name: "a Git LFS pointer in place of the file", Advice: "git lfs pull fetches the file", Lost: true}
		if m := gitLFSSize.FindSubmatch(head); m != nil {
			k.Name += fmt.Sprintf(" of %s bytes", m[1])
		}
		return k, true
	}
	return Kind{}, false
}

// texts begin with words, perhaps behind white space.
var texts = []sign{
	{text("<!doctype html", "<html", "<head", "<body"), Kind{Name: "a web page (HTML) in place of the file", Advice: "the download ended at a page that asks or refuses; open its address in a browser and download the file itself", Lost: true}},
	{func(head []byte) bool {
		return text("<?xml", "<error")(head) && bytes.Contains(head, []byte("<Code>"))
	}, Kind{Name: "a storage service's answer (XML) in place of the file", Advice: "it says in <Code> why it refused; download the file itself", Lost: true}},
	{func(head []byte) bool { return text("<?xml", "<net")(head) && bytes.Contains(head, []byte("<net ")) }, Kind{Name: "an OpenVINO model (XML)", Advice: "save the Keras model itself as .keras or .h5", Model: true}},
	{text("<?xml"), Kind{Name: "an XML file", Advice: "a model is .keras, .h5, a SavedModel, a checkpoint or TensorFlow.js's model.json"}},
	{func(head []byte) bool { return json(head) && holds(head, `"nbformat"`, `"cells"`) }, Kind{Name: "a Jupyter notebook", Advice: "run it and save its model as .keras or .h5"}},
	{func(head []byte) bool { return json(head) && holds(head, `"weight_map"`) }, Kind{Name: "the index of sharded weights (model.weights.json)", Advice: "save them in one file, with save_weights without max_shard_size", Model: true}},
	{func(head []byte) bool { return json(head) && holds(head, `"tfjsVersion"`, `@teachablemachine`) }, Kind{Name: "Teachable Machine's metadata", Advice: "name model.json, its folder or the .zip that was downloaded"}},
	{func(head []byte) bool { return json(head) && holds(head, `"class_name"`) }, Kind{Name: "a JSON file with a config, which has no weights", Advice: "name the file of the weights as the model, and this one as its config"}},
	{json, Kind{Name: "a JSON file", Advice: "a model is .keras, .h5, a SavedModel, a checkpoint or TensorFlow.js's model.json"}},
	{func(head []byte) bool { return printable(head) && holds(head, "\nclass_name: ") }, Kind{Name: "a config as YAML", Advice: "write it with model.to_json() and name the file of the weights as the model"}},
	{func(head []byte) bool { return printable(head) && holds(head, "/annex/objects/") }, Kind{Name: "a git-annex pointer in place of the file", Advice: "git annex get fetches the file", Lost: true}},
	{func(head []byte) bool { return printable(head) && holds(head, "outs:\n- md5:") }, Kind{Name: "a DVC pointer in place of the file", Advice: "dvc pull fetches the file", Lost: true}},
	{text("model_checkpoint_path:"), Kind{Name: "the file that names a folder's newest checkpoint", Advice: "name the folder, or the checkpoint itself"}},
	{text("7767517"), Kind{Name: "an ncnn model", Advice: "save the Keras model itself as .keras or .h5", Model: true}},
}

// packed files have others in them.
var packed = []sign{
	{magic("\x1f\x8b"), Kind{Name: "a gzip file", Advice: "unpack it (gunzip, or tar -xzf) and name the model in it"}},
	{magic("BZh"), Kind{Name: "a bzip2 file", Advice: "unpack it (bunzip2, or tar -xjf) and name the model in it"}},
	{magic("\xfd7zXZ\x00"), Kind{Name: "an xz file", Advice: "unpack it (unxz, or tar -xJf) and name the model in it"}},
	{magic("\x28\xb5\x2f\xfd"), Kind{Name: "a Zstandard file", Advice: "unpack it (zstd -d) and name the model in it"}},
	{magic("7z\xbc\xaf\x27\x1c"), Kind{Name: "a 7-Zip archive", Advice: "unpack it and name the model in it"}},
	{magic("Rar!\x1a\x07"), Kind{Name: "a RAR archive", Advice: "unpack it and name the model in it"}},
	{at(257, "ustar"), Kind{Name: "a tar archive", Advice: "unpack it (tar -xf) and name the model in it"}},
	{magic("\x00\x05\x16\x07"), Kind{Name: "what macOS notes of a file (AppleDouble)", Advice: "name the file beside it, whose name lacks the ._", Lost: true}},
}

// models are other tools'.
var models = []sign{
	{at(4, "TFL3"), Kind{Name: "a TensorFlow Lite model", Advice: "it has no layers; save the Keras model that it was converted from as .keras or .h5", Model: true}},
	{onnx, Kind{Name: "an ONNX model", Advice: "save the Keras model that it was converted from as .keras or .h5", Model: true}},
	{magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"), PyTorch},
	{func(head []byte) bool { return len(head) > 10 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 }, Kind{Name: "a Python pickle, which is a program", Advice: "save the model as .keras or .h5", Model: true}},
	{func(head []byte) bool {
		return len(head) > 16 && head[8] == '{' && head[9] == '"' && head[5]|head[6]|head[7] == 0
	}, Kind{Name: "a safetensors file: weights without Keras's names", Advice: "load them in Keras and save the model as .keras or .h5", Model: true}},
	{magic("GGUF"), Kind{Name: "a GGUF model", Advice: "only models of Keras are read", Model: true}},
	{func(head []byte) bool { return holds(head, "_tf_keras_") && holds(head, "\x1a\x04root") }, Kind{Name: "keras_metadata.pb of a SavedModel", Advice: "name the SavedModel's folder", Model: true}},
	{savedModel, Kind{Name: "saved_model.pb of a SavedModel", Advice: "name its folder, in which the weights are (variables)", Model: true}},
	{graphDef, Kind{Name: "a frozen graph of TensorFlow 1 (.pb)", Advice: "it is a program without layers; save the Keras model that it was made of as .keras or .h5", Model: true}},
}

// PyTorch is a model in a zip archive or a pickle.
var PyTorch = Kind{Name: "a PyTorch model", Advice: "only models of Keras are read; keras.applications has most architectures", Model: true}

// NumPy is a zip archive of arrays.
var NumPy = Kind{Name: "NumPy arrays (.npz): weights without layers", Advice: "set them in Keras (model.set_weights) and save the model as .keras or .h5", Model: true}

// data are neither models nor archives.
var data = []sign{
	{magic("\x89PNG\r\n\x1a\n"), picture("PNG")},
	{magic("\xff\xd8\xff"), picture("JPEG")},
	{magic("GIF8"), picture("GIF")},
	{func(head []byte) bool { return magic("RIFF")(head) && at(8, "WEBP")(head) }, picture("WebP")},
	{func(head []byte) bool { return magic("BM")(head) && at(6, "\x00\x00\x00\x00")(head) }, picture("BMP")},
	{magic("II*\x00"), picture("TIFF")},
	{magic("MM\x00*"), picture("TIFF")},
	{func(head []byte) bool { return at(4, "ftyp")(head) }, Kind{Name: "a film or picture (MPEG-4, HEIF)", Advice: "the model is another file"}},
	{magic("\x93NUMPY"), Kind{Name: "a NumPy array (.npy)", Advice: "arrays are inputs; the model is another file"}},
	{magic("MATLAB 5.0"), Kind{Name: "a MATLAB file", Advice: "only models of Keras are read"}},
	{magic("%PDF"), Kind{Name: "a PDF document", Advice: "the model is another file"}},
	{func(head []byte) bool { return len(bytes.Trim(head, "\x00")) == 0 }, Kind{Name: "a file that begins with zeros alone, as downloads do that were not finished", Advice: again, Lost: true}},
	{printable, Kind{Name: "a text file", Advice: "a model is .keras, .h5, a SavedModel, a checkpoint or TensorFlow.js's model.json"}},
}

func picture(format string) Kind {
	return Kind{Name: "a picture (" + format + ")", Advice: "pictures are what a model is applied to; the model is another file"}
}

func magic(m string) func([]byte) bool { return at(0, m) }

func at(offset int, m string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) >= offset && bytes.HasPrefix(head[offset:], []byte(m))
	}
}

// start returns the text without white space and byte order mark before it.
func start(head []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
}

// text returns a function that tells how a text begins, in small letters or not.
func text(beginnings ...string) func([]byte) bool {
	return func(head []byte) bool {
		s := start(head)
		for _, b := range beginnings {
			if len(s) >= len(b) && bytes.EqualFold(s[:len(b)], []byte(b)) {
				return true
			}
		}
		return false
	}
}

// json reports a JSON object.
func json(head []byte) bool {
	rest, ok := bytes.CutPrefix(start(head), []byte("{"))
	rest = start(rest)
	return ok && (len(rest) == 0 || rest[0] == '"' || rest[0] == '}')
}

func holds(head []byte, words ...string) bool {
	for _, w := range words {
		if bytes.Contains(head, []byte(w)) {
			return true
		}
	}
	return false
}

// printable reports text: UTF-8 without control characters; the end of the head
// may cut a character.
func printable(head []byte) bool {
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && n == 1 && len(head) >= utf8.UTFMax {
			return false
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return false
		}
		head = head[n:]
	}
	return true
}
