package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// results is the file of classify --resume: what a run with --csv wrote, whole
// or not, to which this run adds what lacks.
type results struct {
	*os.File
	headed bool            // it has the heading
	done   map[string]bool // files that it answers for
	rows   int             // of a picture
}

// openResults reads the file, if it is there, and makes it end behind the last
// picture that is whole: a run that was killed may have left a part of one.
func openResults(name string, header []string, rows int) (*results, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	r := &results{File: f, done: map[string]bool{}, rows: rows}
	if err := r.read(header); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// maxTail bounds what is cut off behind the last whole picture: a part of one,
// not results that cannot be read.
const maxTail = 1 << 16

func (r *results) read(header []string) error {
	size, err := r.Seek(0, io.SeekEnd)
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
	if err := r.Truncate(whole); err != nil {
		return err
	}
	_, err = r.Seek(whole, io.SeekStart)
	return err
}

// scan notes the pictures in the file, and returns where the last whole one
// ends.
func (r *results) scan(header []string) (int64, error) {
	lines := csv.NewReader(bufio.NewReader(io.NewSectionReader(r, 0, 1<<62)))
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
func (r *results) endsAt(offset int64) bool {
	var end [1]byte
	_, err := r.ReadAt(end[:], offset-1)
	return err == nil && end[0] == '\n'
}

// Close makes the disk have what was written.
func (r *results) Close() error { return errors.Join(r.Sync(), r.File.Close()) }
