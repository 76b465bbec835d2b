package wal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/splitvote/splitvote/node/frame"
	"github.com/splitvote/splitvote/protocol"
)

// Log is an open log, for use by one goroutine.
type Log struct {
	dir     string
	codec   protocol.Codec
	file    *os.File // the segment
	number  uint64   // of the segment
	pending []byte   // frames appended and not yet written
	failed  error    // W4
}

// Append adds a record. A checkpoint starts a new segment and is durable when Append returns. Other
// records stay in memory until Sync.
func (l *Log) Append(r protocol.Record) error {
	if l.failed != nil {
		return l.failed
	}
	payload, err := marshal(l.codec, r)
	if err != nil {
		return err
	}
	if !r.Checkpoint {
		l.pending = frame.Append(l.pending, payload)
		return nil
	}
	l.pending = l.pending[:0] // the checkpoint replaces every earlier record
	return l.fail(l.begin(l.number+1, payload))
}

// Sync makes every record appended so far durable.
func (l *Log) Sync() error {
	if l.failed != nil || len(l.pending) == 0 {
		return l.failed
	}
	if _, err := l.file.Write(l.pending); err != nil {
		return l.fail(err)
	}
	l.pending = l.pending[:0]
	return l.fail(l.file.Sync())
}

// Close syncs and closes the log.
func (l *Log) Close() error {
	err := l.Sync()
	return errors.Join(err, l.file.Close())
}

// fail remembers the first error (W4).
func (l *Log) fail(err error) error {
	if err != nil {
		l.failed = fmt.Errorf("write-ahead log: %w", err)
	}
	return l.failed
}

// begin makes segment number the log's only segment (W2), with a first record if there is one.
func (l *Log) begin(number uint64, first []byte) error {
	data := []byte(magic)
	if first != nil {
		data = frame.Append(data, first)
	}
	path := filepath.Join(l.dir, segmentName(number))
	file, err := os.OpenFile(path+unfinished, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	if err := establish(file, data, path); err != nil {
		return errors.Join(err, file.Close())
	}
	previous, old := l.file, filepath.Join(l.dir, segmentName(l.number))
	l.file, l.number = file, number
	if previous == nil {
		return nil
	}
	return errors.Join(previous.Close(), os.Remove(old))
}

// establish fills file and gives it its name; each step is durable before the next.
func establish(file *os.File, data []byte, path string) error {
	if _, err := file.Write(data); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
