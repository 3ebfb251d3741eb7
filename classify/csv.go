package classify

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/vkeras/vkeras/internal/outfile"
)

// CSV writes answers as CSV, a line a class. Pictures that failed have none.
type CSV struct {
	w       *csv.Writer
	heading []string
	headed  bool
}

// NewCSV returns a writer whose last column has that heading: what scores are.
func NewCSV(w io.Writer, score string) *CSV {
	return &CSV{w: csv.NewWriter(w), heading: heading(score)}
}

// heading is the first line of the CSV.
func heading(score string) []string { return []string{"file", "rank", "index", "label", score} }

// Write writes the answers that came, the heading before the first.
func (c *CSV) Write(answers []*Answer) error {
	if !c.headed {
		c.headed = true
		_ = c.w.Write(c.heading)
	}
	for _, a := range answers {
		for rank, class := range a.Classes {
			_ = c.w.Write([]string{a.Name(), strconv.Itoa(rank + 1), strconv.Itoa(class.Index), class.Label, strconv.FormatFloat(float64(class.Score), 'g', -1, 32)})
		}
	}
	c.w.Flush()
	return c.w.Error()
}

// Close ends what was written, which has no end.
func (c *CSV) Close() error { return nil }

// CSVFile is a file that a [CSV] wrote, whole or not, to which a run adds what
// lacks.
type CSVFile struct {
	file  *os.File
	score string
	done  map[string]bool // names of the pictures that it answers for
	rows  int             // of a picture

	headed bool // it has the heading
}

// OpenCSV reads the file, if it is there, else makes it, and makes it end behind
// the last picture that is whole: a run that was killed may have left a part of
// one. Each picture has as many rows as answers name classes. A file of another kind
// is an error, and stays as it is; a pipe or a device has nothing, and takes all.
func OpenCSV(ctx context.Context, name, score string, rows int) (*CSVFile, error) {
	f, regular, err := outfile.Append(ctx, name)
	if err != nil {
		return nil, err
	}
	r := &CSVFile{file: f, score: score, done: map[string]bool{}, rows: rows}
	if !regular {
		return r, nil
	}
	if err := r.read(heading(score)); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// Has reports whether the file answers for the picture; standard input is another
// one each time.
func (r *CSVFile) Has(a *Answer) bool { return !a.Stdin && r.done[a.Name()] }

// Writer returns what adds answers to the file.
func (r *CSVFile) Writer() *CSV {
	c := NewCSV(r.file, r.score)
	c.headed = r.headed
	return c
}

// maxTail bounds what is cut off behind the last whole picture: a part of one,
// not results that cannot be read.
const maxTail = 1 << 16

func (r *CSVFile) read(header []string) error {
	size, err := r.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	whole, err := r.scan(header)
	if err != nil {
		return err
	}
	if size-whole > maxTail {
		return fmt.Errorf("not what classify --csv writes, from byte %d on", whole)
	}
	if err := r.file.Truncate(whole); err != nil {
		return err
	}
	_, err = r.file.Seek(whole, io.SeekStart)
	return err
}

// scan notes the pictures in the file, and returns where the last whole one
// ends.
func (r *CSVFile) scan(header []string) (int64, error) {
	lines := csv.NewReader(bufio.NewReader(io.NewSectionReader(r.file, 0, 1<<62)))
	lines.FieldsPerRecord, lines.ReuseRecord = len(header), true
	head, err := lines.Read()
	if errors.Is(err, io.EOF) || err != nil && !r.endsAt(lines.InputOffset()) {
		return 0, nil // nothing, or a part of the heading
	}
	if err != nil || !slices.Equal(head, header) {
		return 0, fmt.Errorf("it does not begin with the heading %q of these results: was it written for another model?", header)
	}
	r.headed = true
	whole := lines.InputOffset()
	var file string
	for rank := 1; ; rank++ {
		row, err := lines.Read()
		if err != nil || !r.endsAt(lines.InputOffset()) {
			return whole, nil
		}
		if rank == 1 {
			file = row[0]
		}
		if row[0] != file || row[1] != fmt.Sprint(rank) {
			return 0, fmt.Errorf("it has not %d classes for %q: was it written with another --top?", r.rows, file)
		}
		if rank == r.rows {
			whole, rank = lines.InputOffset(), 0
			r.done[file] = true
		}
	}
}

// endsAt reports whether a line ends before that byte: the last line of a file
// may be a part of one.
func (r *CSVFile) endsAt(offset int64) bool {
	var end [1]byte
	_, err := r.file.ReadAt(end[:], offset-1)
	return err == nil && end[0] == '\n'
}

// Close makes the disk have what was written.
func (r *CSVFile) Close() error {
	return errors.Join(onDisk(r.file), r.file.Close())
}

// onDisk makes the disk have what was written to a file, where that is on one.
func onDisk(f *os.File) error {
	err := f.Sync()
	if info, failed := f.Stat(); failed == nil && !info.Mode().IsRegular() {
		return nil
	}
	return err
}
