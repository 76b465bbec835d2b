package wal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/splitvote/splitvote/node/frame"
	"github.com/splitvote/splitvote/protocol"
)

const (
	magic      = "splitvote wal 1\n"
	extension  = ".wal"
	unfinished = ".new" // suffix of a segment that does not have its final name yet
)

func segmentName(number uint64) string { return fmt.Sprintf("%06d%s", number, extension) }

// Recovery is what Open found.
type Recovery struct {
	Segment string            // path of the segment
	Records []protocol.Record // oldest first
	Torn    int64             // bytes cut off a torn tail
}

// Open opens the log in dir, which it creates if needed. Only one process may have it open.
func Open(dir string, codec protocol.Codec) (*Log, Recovery, error) {
	l := &Log{dir: dir, codec: codec}
	recovery, err := l.open()
	if err != nil {
		return nil, Recovery{}, fmt.Errorf("write-ahead log: %w", err)
	}
	return l, recovery, nil
}

func (l *Log) open() (Recovery, error) {
	if err := errors.Join(os.MkdirAll(l.dir, 0o755), syncDir(filepath.Dir(l.dir))); err != nil {
		return Recovery{}, err
	}
	newest, err := l.tidy()
	if err != nil {
		return Recovery{}, err
	}
	if newest == 0 {
		err := l.begin(1, nil)
		return Recovery{Segment: filepath.Join(l.dir, segmentName(1))}, err
	}
	path := filepath.Join(l.dir, segmentName(newest))
	data, err := os.ReadFile(path)
	if err != nil {
		return Recovery{}, err
	}
	records, end, err := read(data, l.codec)
	if err != nil {
		return Recovery{}, fmt.Errorf("%s: %w", path, err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return Recovery{}, err
	}
	torn := int64(len(data) - end)
	if torn > 0 {
		if err := errors.Join(file.Truncate(int64(end)), file.Sync()); err != nil {
			return Recovery{}, errors.Join(err, file.Close())
		}
	}
	l.file, l.number = file, newest
	return Recovery{Segment: path, Records: records, Torn: torn}, nil
}

// tidy removes the leftovers of a crash while a segment was being made (W2), and returns the number
// of
// the newest segment, 0 if there is none.
func (l *Log) tidy() (newest uint64, err error) {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return 0, err
	}
	var stale []string
	for _, e := range entries {
		var number uint64
		switch _, scan := fmt.Sscanf(e.Name(), "%d"+extension, &number); {
		case strings.HasSuffix(e.Name(), unfinished):
			stale = append(stale, e.Name())
		case scan != nil || e.Name() != segmentName(number) || number == 0:
			// not ours
		case number < newest:
			stale = append(stale, e.Name())
		default:
			if newest > 0 {
				stale = append(stale, segmentName(newest))
			}
			newest = number
		}
	}
	for _, name := range stale {
		if err := os.Remove(filepath.Join(l.dir, name)); err != nil {
			return 0, err
		}
	}
	return newest, nil
}

// read returns the records of a segment. end is where the last of them ends; the rest is torn (W3).
func read(data []byte, codec protocol.Codec) (records []protocol.Record, end int, err error) {
	if !strings.HasPrefix(string(data[:min(len(data), len(magic))]), magic) {
		return nil, 0, fmt.Errorf("offset 0: not a segment: want %q", magic)
	}
	for end = len(magic); end < len(data); {
		payload, next, ok := frame.Cut(data[end:])
		if !ok || !plausible(payload) {
			if at, found := resume(data, end+1); found {
				return nil, 0, fmt.Errorf("offset %d: corrupt record, and a readable one follows at offset %d", end, at)
			}
			return records, end, nil
		}
		r, err := unmarshal(codec, payload)
		if err != nil {
			return nil, 0, fmt.Errorf("offset %d: %w", end, err)
		}
		records = append(records, r)
		end += next
	}
	return records, end, nil
}

// resume finds the first readable record that begins at from or later.
func resume(data []byte, from int) (at int, found bool) {
	for at = from; at <= len(data)-frame.Header; at++ {
		if payload, _, ok := frame.Cut(data[at:]); ok && plausible(payload) {
			return at, true
		}
	}
	return 0, false
}
