package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/resnet/pictures"
	"github.com/vkeras/vkeras/serve"
)

// demoName is what the demo model is served as.
const demoName = "signs"

// servedModels are the models that a server is told to serve, and the devices
// that it puts each of them on.
type servedModels struct {
	*tool
	files, labels, presets        []string // NAME=VALUE
	configs, architectures, sizes []string // the same
	pictures                      pictureInput
	devices                       []string
	requireGPU                    bool
	batch                         int
}

func (s *servedModels) register(c *cobra.Command) {
	c.Flags().StringArrayVarP(&s.files, "model", "m", nil, "`NAME=FILE`: a Keras file and the name to serve it as; may be given several times (default: the demo model, as "+demoName+")")
	c.Flags().StringArrayVarP(&s.labels, "labels", "l", nil, "`NAME=FILE` of a model's class names")
	c.Flags().StringArrayVar(&s.presets, "preset", nil, "`NAME=PRESET`: scaling of a model's pixel values: exercise, caffe, tf, torch or none (default: by the model)")
	c.Flags().StringArrayVar(&s.configs, "config", nil, "`NAME=FILE` that model.to_json() wrote, for a model file of weights alone")
	c.Flags().StringArrayVar(&s.architectures, "architecture", nil, "`NAME=ARCHITECTURE` of a model file of weights alone, where the weights leave it open")
	c.Flags().StringArrayVar(&s.sizes, "input-size", nil, "`NAME=HxW` of the pictures, for a model that leaves it open")
	s.pictures.registerReading(c)
	c.Flags().StringArrayVarP(&s.devices, "device", "d", nil, "`INDEX`, part of a name, uuid:..., pci:..., name:..., or "+engine.CPU+"; may be given several times: every model is put on each (default: the best GPU, else "+engine.CPU+")")
	c.Flags().BoolVar(&s.requireGPU, "require-gpu", false, "fail rather than run on a driver that is a CPU")
	c.Flags().IntVarP(&s.batch, "batch", "b", 16, "the most images that are computed at once")
	_ = c.RegisterFlagCompletionFunc("device", completeDevices)
}

// named splits a list of NAME=VALUE.
func named(flag string, list []string) (names []string, values map[string]string, err error) {
	values = map[string]string{}
	for _, text := range list {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" || value == "" {
			return nil, nil, usagef("--%s %q: expected NAME=VALUE", flag, text)
		}
		if _, twice := values[name]; twice {
			return nil, nil, usagef("--%s: %q is named twice", flag, name)
		}
		names = append(names, name)
		values[name] = value
	}
	return names, values, nil
}

// said is what the flags say of one model.
type said struct{ file, labels, preset, config, architecture, size string }

// said returns what the flags say of each model, and the models' names in order.
func (s *servedModels) said() (names []string, all map[string]*said, err error) {
	names, files, err := named("model", s.files)
	if err != nil {
		return nil, nil, err
	}
	if len(names) == 0 {
		names, files = []string{demoName}, map[string]string{demoName: ""}
	}
	all = map[string]*said{}
	for _, name := range names {
		all[name] = &said{file: files[name]}
	}
	for _, of := range []struct {
		flag string
		list []string
		into func(*said) *string
	}{
		{"labels", s.labels, func(m *said) *string { return &m.labels }},
		{"preset", s.presets, func(m *said) *string { return &m.preset }},
		{"config", s.configs, func(m *said) *string { return &m.config }},
		{"architecture", s.architectures, func(m *said) *string { return &m.architecture }},
		{"input-size", s.sizes, func(m *said) *string { return &m.size }},
	} {
		models, values, err := named(of.flag, of.list)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range models {
			if all[name] == nil {
				return nil, nil, usagef("--%s %s=%s: there is no --model %s", of.flag, name, values[name], name)
			}
			*of.into(all[name]) = values[name]
		}
	}
	return names, all, nil
}

// flags returns how the model is opened.
func (m *said) flags(context func() context.Context) *modelFlags {
	return &modelFlags{path: m.file, config: m.config, architecture: m.architecture, size: m.size, context: context}
}

// loading is the opening of models on devices.
type loading struct {
	*servedModels
	log     *slog.Logger
	devices []engine.Device
	names   []string // of the devices
	nets    []engine.Net
	admit   func(pixels int64) (release func(), err error)
}

// open puts the models on the devices; free undoes it.
func (s *servedModels) open(log *slog.Logger) (models []serve.Model, free func() error, err error) {
	if s.batch < 1 {
		return nil, nil, usagef("--batch %d: expected 1 or more", s.batch)
	}
	reading, err := s.pictures.options()
	if err != nil {
		return nil, nil, err
	}
	if reading.FastJPEG {
		log.Info(fastJPEG(reading.Decoder))
	}
	names, all, err := s.said()
	if err != nil {
		return nil, nil, err
	}
	l := &loading{servedModels: s, log: log, admit: pictures.AtOnce(pictures.DefaultPixelsAtOnce)}
	if err := l.openDevices(); err != nil {
		return nil, nil, errors.Join(err, l.free())
	}
	for _, name := range names {
		m, err := l.model(name, all[name])
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("--model %s: %w", name, err), l.free())
		}
		models = append(models, m)
	}
	return models, l.free, nil
}

func (l *loading) free() error {
	var errs []error
	for _, n := range l.nets {
		errs = append(errs, n.Close())
	}
	for _, d := range l.devices {
		errs = append(errs, d.Close())
	}
	return errors.Join(errs...)
}

// openDevices opens each device that is meant, once.
func (l *loading) openDevices() error {
	chosen := l.servedModels.devices
	if len(chosen) == 0 {
		chosen = []string{""}
	}
	seen := map[string]bool{}
	for _, name := range chosen {
		if name == engine.Reference {
			return usagef("--device %s: it is for checks, and too slow to serve", engine.Reference)
		}
		d, err := engine.Open(engine.Choice{Name: name, RequireGPU: l.requireGPU})
		if err != nil {
			return explain(err)
		}
		l.devices = append(l.devices, d)
		info := d.Info()
		if seen[info.Selector] {
			return usagef("--device %s: %s is named twice", name, d)
		}
		seen[info.Selector] = true
		l.names = append(l.names, info.Selector+": "+info.Name)
		if info.Why != "" {
			l.log.Warn(info.Why+": computing on the CPU; --require-gpu refuses this", "device", info.Name)
		}
		l.log.Info("device", "index", info.Selector, "name", info.Name, "type", info.Kind, "driver", info.Driver)
	}
	return nil
}

// model puts a file on every device.
func (l *loading) model(name string, said *said) (serve.Model, error) {
	m, called, err := said.flags(l.pictures.context).openWarning(true, func(warning string) { l.log.Warn(warning, "model", name) })
	if err != nil {
		return serve.Model{}, err
	}
	defer m.Close()
	served := serve.Model{Name: name, Inputs: serve.Inputs(m.Graph), Outputs: serve.Outputs(m.Graph), Batch: l.batch}
	input := l.pictures
	input.tool, input.preset, input.labelFile = l.tool, said.preset, said.labels
	err = input.prepare(m, called)
	if err == nil {
		input.Reader, err = input.Given()
	}
	switch {
	case err == nil:
		input.Pictures.Admit = l.admit // one bound for all models
		served.Pictures, served.Labels, served.TwoClasses = &input.Pictures, input.Labels, input.TwoClasses()
	case input.preset != "" || input.labelFile != "":
		return serve.Model{}, err
	default:
		l.log.Warn("the model takes tensors alone, no pictures", "model", name, "why", oneLine(err))
	}
	for i, d := range l.devices {
		net, err := d.Load(m.Graph, engine.Options{Batch: l.batch, InFlight: d.Info().InFlight})
		if err != nil {
			return serve.Model{}, err
		}
		l.nets = append(l.nets, net)
		served.Programs = append(served.Programs, serve.Program{Device: l.names[i], Engine: net, InFlight: d.Info().InFlight})
	}
	l.log.Info("model", "name", name, "file", called, "inside", m.Inside, "pictures", served.Pictures != nil, "preset", string(input.Pictures.Preset), "resize", string(input.Pictures.Filter))
	return served, nil
}
