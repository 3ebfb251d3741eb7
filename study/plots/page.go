package plots

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/vkeras/vkeras/study"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"comma":   humanize.Comma,
	"percent": func(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) },
	"of":      func(part, whole int) string { return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole)) },
	"ms": func(v float64) string {
		if v == 0 {
			return "–"
		}
		return fmt.Sprintf("%.2f", v)
	},
	"join": func(list []string) string { return strings.Join(list, ", ") },
}).Parse(pageText))

// sheetOf is what the page is made of.
type sheetOf struct {
	*study.Report
	Figures map[string]shownFigure
	First   *study.Net // the exercise's own way, or the user's model
	Compare bool       // ways to halve, not one model

	// Positions of the blocks' inputs where the device did not do what counting
	// says: unread and yet of influence, read and without.
	Wrong, Hidden int
}

// shownFigure is a figure in the page.
type shownFigure struct {
	Source  template.URL
	Caption string
}

// Page writes one HTML page that needs nothing beside it.
func Page(w io.Writer, r *study.Report, figures []Figure) error {
	s := sheetOf{Report: r, Figures: map[string]shownFigure{}, First: r.Nets[0], Compare: r.Accuracy != nil}
	for _, n := range r.Nets {
		for _, b := range n.Blocks {
			if b.OnBlock != nil {
				s.Wrong, s.Hidden = s.Wrong+b.OnBlock.UnreadChanged, s.Hidden+b.OnBlock.ReadUnchanged
			}
		}
	}
	for _, f := range figures {
		source, err := f.source()
		if err != nil {
			return err
		}
		s.Figures[f.Name] = shownFigure{source, f.Caption}
	}
	if err := page.Execute(w, s); err != nil {
		return fmt.Errorf("the page: %w", err)
	}
	return nil
}

// source returns the figure as a data URL: SVG, which stays sharp, or PNG where
// that is far smaller.
func (f Figure) source() (template.URL, error) {
	svg, err := f.SVG()
	if err != nil {
		return "", err
	}
	const most = 1 << 20
	if len(svg) <= most {
		return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg)), nil
	}
	png, err := f.PNG()
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png)), err
}
