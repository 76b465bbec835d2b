package store

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/splitvote/splitvote/report"
)

// AppendStatus appends a line to status.jsonl in a single write.
func AppendStatus(w io.Writer, s report.StatusAt) error {
	line, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("status: %w", err)
	}
	return nil
}

// ReadStatuses reads status.jsonl. A truncated last line is ignored: its writer was killed.
func ReadStatuses(r io.Reader) ([]report.StatusAt, error) {
	in := bufio.NewReader(r)
	var statuses []report.StatusAt
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return statuses, nil
		}
		if err != nil {
			return nil, fmt.Errorf("status: %w", err)
		}
		var s report.StatusAt
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, fmt.Errorf("status: line %d: %w", n, err)
		}
		statuses = append(statuses, s)
	}
}

func (d *Dir) statuses() ([]report.StatusAt, error) {
	f, err := os.Open(d.File(Status))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	defer f.Close()
	return ReadStatuses(f)
}
