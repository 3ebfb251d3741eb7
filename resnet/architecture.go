package resnet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// ErrUnknown is the class of errors for names that no architecture has.
var ErrUnknown = errors.New("no such architecture")

// Architecture is a network that this package builds.
type Architecture struct {
	Name    string // what Build takes: exercise, exercise-v1.5, resnet50v2
	Aliases []string
	Variant string // what Variant takes; "" where the net is none of its variants
	Summary string // one line
	Paper   string // authors, year, title, number; "" where there is none
	Section string // of the paper
	Source  string // where the definition was taken from

	Input   nn.Shape        // of one image, where Options do not say
	Classes int             // where Options do not say
	Preset  pictures.Preset // how its author scales pictures
	build   func(Options) (*nn.Graph, error)
	bare    func(Options) (*nn.Graph, error) // without its top; nil where Keras has none
}

// Architectures lists the built-in networks: the exercise and its variants, then
// keras.applications.
func Architectures() []Architecture {
	var all []Architecture
	for _, v := range variants() {
		all = append(all, ofVariant(v))
		if v.name == "a" {
			all = append(all, unnamedExercise(v))
		}
	}
	all = append(all, ofKeras1())
	for _, a := range applications() {
		all = append(all, ofApplication(a))
	}
	return all
}

func ofVariant(v variant) Architecture {
	a := Architecture{
		Name: "exercise-" + v.name, Variant: v.name,
		Summary: v.summary, Paper: v.paper, Section: v.section, Source: v.source,
		Input: nn.Shape{64, 64, 3}, Classes: 6, Preset: pictures.Exercise,
		build: func(o Options) (*nn.Graph, error) { return exercise(ExerciseOptions{Options: o}, v.halving) },
	}
	if v.alias != "" {
		a.Aliases = []string{"exercise-" + v.alias}
	}
	if v.name == "a" {
		a.Name, a.Aliases = "exercise", append([]string{a.Name}, a.Aliases...)
		a.Summary = "the course exercise's ResNet50, layers named by the course; " + v.summary
	}
	return a
}

// unnamedExercise is the exercise with Keras's automatic names.
func unnamedExercise(v variant) Architecture {
	a := ofVariant(v)
	a.Name, a.Aliases, a.Variant = "exercise-auto", nil, ""
	a.Summary = "the exercise's net with Keras's automatic layer names (conv2d, conv2d_1, ...), counted from 0"
	a.build = func(o Options) (*nn.Graph, error) {
		return Exercise(ExerciseOptions{Options: o, Naming: AutoNames})
	}
	return a
}

func ofApplication(a application) Architecture {
	out := Architecture{
		Name:    strings.ToLower(a.name),
		Summary: "keras.applications." + a.name,
		Paper:   heResidual, Section: "table 1",
		Source: "https://github.com/keras-team/keras/blob/master/keras/src/applications/resnet.py",
		Input:  nn.Shape{224, 224, 3}, Classes: 1000, Preset: pictures.Caffe,
		build: func(o Options) (*nn.Graph, error) { return Applications(a.name, ApplicationOptions{Options: o}) },
		bare: func(o Options) (*nn.Graph, error) {
			return Applications(a.name, ApplicationOptions{Options: o, NoTop: true})
		},
	}
	if a.version == 2 {
		out.Paper, out.Section, out.Preset = heIdentity, "section 4, full pre-activation", pictures.TF
	}
	return out
}

// ofKeras1 is the ResNet50 of keras.applications before Keras 2.3. The exercise took
// its names.
func ofKeras1() Architecture {
	pool := nn.Square(7, 7)
	return Architecture{
		Name:    "resnet50-keras1",
		Summary: "keras.applications.ResNet50 as Keras 1 to 2.2 built and named it: conv1, res2a_branch2a, ..., an average pool of 7x7, fc1000",
		Paper:   heResidual, Section: "table 1; the stride's place is the Caffe release's",
		Source: "https://github.com/fchollet/deep-learning-models/blob/master/resnet50.py",
		Input:  nn.Shape{224, 224, 3}, Classes: 1000, Preset: pictures.Caffe,
		build: func(o Options) (*nn.Graph, error) { return keras1(o, pool, true) },
		bare:  func(o Options) (*nn.Graph, error) { return keras1(o, pool, false) },
	}
}

// BuildFeatures is [Build] without the top, include_top=False in Keras: the net ends
// in its last feature map. The course's nets have no such form: an [ErrOptions].
func BuildFeatures(name string, o Options) (*nn.Graph, error) {
	for _, a := range Architectures() {
		switch {
		case !a.Called(name):
		case a.bare == nil:
			return nil, fmt.Errorf("%w: %s is not built without its top", ErrOptions, a.Name)
		default:
			g, err := a.bare(o)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", a.Name, err)
			}
			return g, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknown, name)
}

// Build returns the network of that name or alias, in any case of letters,
// without weights.
func Build(name string, o Options) (*nn.Graph, error) {
	var names []string
	for _, a := range Architectures() {
		if a.Called(name) {
			g, err := a.build(o)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", a.Name, err)
			}
			return g, nil
		}
		names = append(names, a.Name)
	}
	return nil, fmt.Errorf("%w: %q; known are %s", ErrUnknown, name, strings.Join(names, ", "))
}

// Called reports whether the architecture has that name or alias, in any case of
// letters.
func (a Architecture) Called(name string) bool {
	for _, n := range append([]string{a.Name}, a.Aliases...) {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
