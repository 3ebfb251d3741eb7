package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

func (t *tool) models() *cobra.Command {
	var out format
	c := &cobra.Command{
		Use:   "models [FOLDER]",
		Short: "List what lies in Keras's cache and what each file is",
		Long: `Models lists the files that keras.applications has fetched, in ~/.keras/models or in
models below KERAS_HOME, or those of FOLDER: the architecture that their weights
are recognised as, with its top or without, the classes, the size of the pictures
and how they are scaled. Each that is recognised opens by its path alone.`,
		Example: `  vkeras models
  vkeras models --json | jq -r '.models[] | select(.top) | .file'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			folder := resnet.ModelsFolder()
			if len(args) == 1 {
				folder = args[0]
			}
			list, err := listModels(folder)
			if err != nil {
				return err
			}
			if out.json {
				return t.writeJSON(list)
			}
			return t.writeModels(list)
		},
	}
	out.register(c, false)
	return c
}

// modelsJSON is a folder of models as --json writes it.
type modelsJSON struct {
	Schema string          `json:"schema"`
	Folder string          `json:"folder"`
	Models []modelFileJSON `json:"models"`
}

type modelFileJSON struct {
	File         string   `json:"file"`
	Bytes        int64    `json:"bytes"`
	Format       string   `json:"format,omitempty"`
	Architecture string   `json:"architecture,omitempty"`
	Top          bool     `json:"top"`
	Classes      int      `json:"classes,omitempty"`
	Input        nn.Shape `json:"input,omitempty"` // (H, W, C) of one picture
	Preset       string   `json:"preset,omitempty"`
	Error        string   `json:"error,omitempty"` // why the file does not open
}

// listModels says what each file of the folder is. Files that are no models, as
// imagenet_class_index.json, are left out.
func listModels(folder string) (modelsJSON, error) {
	list := modelsJSON{Schema: "vkeras.models/1", Folder: folder, Models: []modelFileJSON{}}
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return list, fmt.Errorf("%w: keras.applications puts there what it fetches, unless KERAS_HOME names another place; name a FOLDER", err)
	} else if err != nil {
		return list, err
	}
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(folder, e.Name()))
		if err != nil || !info.Mode().IsRegular() || filepath.Ext(e.Name()) == ".json" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		list.Models = append(list.Models, describeModel(folder, e.Name(), info.Size()))
	}
	return list, nil
}

// describeModel opens a file, without its large kernels, and says what it is.
func describeModel(folder, name string, size int64) modelFileJSON {
	f := modelFileJSON{File: name, Bytes: size}
	path := filepath.Join(folder, name)
	m, err := loader.Open(path, loader.WithDeferredWeights(nil), applications.Recognition(applications.Choice{}))
	if err != nil {
		f.Error = strings.TrimPrefix(err.Error(), path+": ")
		return f
	}
	defer m.Close() // nothing of it is read any more
	known := applications.Recognise(m.Graph)
	f.Format, f.Architecture, f.Preset, f.Top = m.Format.String(), known.Architecture, string(known.Preset), known.Whole
	f.Input = m.Graph.Inputs[0].Shape
	if out := m.Graph.Outputs[0].Shape; len(out) == 1 && (known.Whole || known.Architecture == "") {
		f.Classes = out[0]
	}
	return f
}

func (t *tool) writeModels(list modelsJSON) error {
	w := newTable("File", "Size", "Architecture", "Top", "Classes", "Pictures", "Preset")
	w.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 5, Align: text.AlignRight, AlignHeader: text.AlignRight},
	})
	var unknown []string
	for _, m := range list.Models {
		bytes := humanize.IBytes(uint64(m.Bytes))
		if m.Error != "" {
			w.AppendRow(table.Row{m.File, bytes, "unknown", "", "", "", ""})
			unknown = append(unknown, fmt.Sprintf("%s: %s", m.File, m.Error))
			continue
		}
		top, classes, pictures := "no", "", ""
		if m.Top {
			top = "yes"
		}
		if m.Classes > 0 {
			classes = humanize.Comma(int64(m.Classes))
		}
		if len(m.Input) == 3 {
			pictures = fmt.Sprintf("%d x %d x %d", m.Input[0], m.Input[1], m.Input[2])
		}
		architecture := m.Architecture
		if architecture == "" {
			architecture, top = "its own", ""
		}
		w.AppendRow(table.Row{m.File, bytes, architecture, top, classes, pictures, m.Preset})
	}
	if _, err := fmt.Fprintf(t.stdout, "%s: %d models\n", list.Folder, len(list.Models)); err != nil || len(list.Models) == 0 {
		return err
	}
	if _, err := fmt.Fprintln(t.stdout, w.Render()); err != nil {
		return err
	}
	for _, line := range unknown {
		if _, err := fmt.Fprintln(t.stdout, line); err != nil {
			return err
		}
	}
	return nil
}
