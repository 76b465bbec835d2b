package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
)

// Read reads a history as JSON lines, one event a line, and pairs it. Empty lines, and a first line
// that is an object without a "type" (a header), are passed over. A last line that breaks off
// without its newline is what a killed writer leaves: the history is read up to it and says so in
// Cut. Every other bad line is a *LineError, the first in the file.
//
// The file is read in blocks of whole lines, which are parsed on all cores and put together in
// order: the result does not depend on how many there are.
func Read(r io.Reader) (*History, error) { return readLines(r, sizeOf(r)) }

// readLines is Read, where it is known how much there is to read, in bytes; 0 if it is not.
func readLines(r io.Reader, size int64) (*History, error) {
	feed := &lineFeeder{r: r, least: blockSize}
	if size > 0 && size < blockSize {
		feed.least = int(size) + 1 // to see the end as well
	}
	return readBlocks(feed, size, cores())
}

// cores are the workers besides a caller who reads. With one core there are none: what was just
// read is still in the cache.
func cores() int {
	if n := runtime.GOMAXPROCS(0); n > 1 {
		return n
	}
	return 0
}

// blockSize is how much is read at once, in bytes: little enough to stay in a core's cache.
const blockSize = 256 << 10

// block is a part of a file, of whole lines in a file of lines, and the events in it. Its memory is
// used again, and taken only when there is something to fill it with: small files are read often.
type block struct {
	text    []byte // ends in a newline
	number  int    // from 1, in a file that is made of blocks
	first   bool   // it begins the file
	last    bool   // it ends the file
	torn    bool   // its last newline is ours
	cut     bool   // the file does not end after it, but breaks off
	failure error  // why the file cannot be read on, nil if it has just ended

	ops   []Op
	lines []int    // of each op, counted from 1 in the block
	count int      // of lines
	head  Initial  // what the header says, if there is one
	bad   error    // what is wrong where parsing ended; the line of a *LineError is counted likewise
	names []string // of a block of the binary form
	done  chan struct{}
}

func (b *block) breaksOff() string { return fmt.Sprintf("block %d breaks off", b.number) }

// feeder divides a file into blocks.
type feeder interface {
	// fill reads the next block, up to one that is the last. What cannot be read is the failure of
	// the last.
	fill(b *block)
	// parse finds the events of a block, up to the first line that is not an event. It is called
	// from several goroutines.
	parse(s *scanner, b *block)
}

// readBlocks parses with so many workers besides the caller, who reads and puts together what they
// parsed; with none, the caller parses too.
func readBlocks(feed feeder, size int64, workers int) (*History, error) {
	c := blockCollector{expected: size}
	if workers == 0 {
		b, s := &block{}, &scanner{}
		for !b.last {
			feed.fill(b)
			feed.parse(s, b)
			if err := c.add(b); err != nil {
				return nil, err
			}
		}
		return c.history(), nil
	}
	work := make(chan *block, 2*workers) // has room for all blocks: sending never waits
	var group sync.WaitGroup
	defer group.Wait()
	defer close(work)
	for range workers {
		group.Go(func() {
			var s scanner
			for b := range work {
				feed.parse(&s, b)
				b.done <- struct{}{}
			}
		})
	}
	ring := make([]*block, 2*workers)
	ended := false
	for next, oldest := 0, 0; ; {
		if next-oldest < len(ring) && !ended {
			b := ring[next%len(ring)]
			if b == nil {
				b = &block{done: make(chan struct{}, 1)}
				ring[next%len(ring)] = b
			}
			feed.fill(b)
			ended = b.last
			work <- b
			next++
			continue
		}
		b := ring[oldest%len(ring)]
		<-b.done
		if err := c.add(b); err != nil {
			return nil, err
		}
		oldest++
		if b.last {
			return c.history(), nil
		}
	}
}

// lineFeeder divides JSON lines.
type lineFeeder struct {
	r     io.Reader
	least int    // bytes of a block that is not the last
	rest  []byte // of the last block: the beginning of a line
	begun bool
}

// fill reads the next block.
func (f *lineFeeder) fill(b *block) {
	b.first, b.last, b.torn, b.cut, b.failure = !f.begun, false, false, false, nil
	f.begun = true
	b.text = append(b.text[:0], f.rest...)
	for inOneLine := len(f.rest); ; {
		if len(b.text) == cap(b.text) {
			b.text = slices.Grow(b.text, max(len(b.text), f.least))
		}
		n, err := f.r.Read(b.text[len(b.text):min(cap(b.text), maxLine+1)])
		b.text = b.text[:len(b.text)+n]
		if err != nil {
			f.end(b, err)
			return
		}
		if len(b.text) < f.least {
			continue
		}
		if end := bytes.LastIndexByte(b.text[inOneLine:], '\n') + 1; end > 0 {
			end += inOneLine
			f.rest = append(f.rest[:0], b.text[end:]...)
			b.text = b.text[:end]
			return
		}
		if inOneLine = len(b.text); inOneLine > maxLine {
			f.end(b, fmt.Errorf("longer than %d bytes", maxLine))
			return
		}
	}
}

// end makes b the last block: the file ends here, or cannot be read on. A line that is incomplete
// for any other reason than the end of the file is dropped.
func (f *lineFeeder) end(b *block, err error) {
	b.last, b.cut = true, errors.Is(err, io.ErrUnexpectedEOF)
	if !b.cut && !errors.Is(err, io.EOF) {
		b.failure = err
		b.text = b.text[:bytes.LastIndexByte(b.text, '\n')+1]
	} else if len(b.text) > 0 && b.text[len(b.text)-1] != '\n' {
		b.text, b.torn = append(b.text, '\n'), true
	}
}

func (f *lineFeeder) parse(s *scanner, b *block) {
	b.ops, b.lines, b.count, b.bad, b.head = b.ops[:0], b.lines[:0], 0, nil, Initial{}
	for i := 0; i < len(b.text); {
		b.count++
		if b.text[i] == '\n' {
			i++
			continue
		}
		b.ops = append(b.ops, Op{Value: null})
		op := &b.ops[len(b.ops)-1]
		end, ok := s.event(b.text, i, op)
		if !ok {
			end = i + bytes.IndexByte(b.text[i:], '\n')
			text := bytes.TrimSpace(b.text[i:end])
			var err error
			header := false
			if b.first && b.count == 1 {
				b.head, header, err = headerOf(text)
			}
			if err == nil && (len(text) == 0 || header) {
				b.ops = b.ops[:len(b.ops)-1]
				i = end + 1
				continue
			}
			if err == nil {
				*op, err = parseOp(text)
			}
			if err != nil {
				b.ops = b.ops[:len(b.ops)-1]
				if b.torn && end+1 == len(b.text) {
					b.cut = true
				} else {
					b.bad = &LineError{b.count, err.Error()}
				}
				return
			}
		}
		b.lines = append(b.lines, b.count)
		i = end + 1
	}
}

// blockCollector puts the events of blocks together.
type blockCollector struct {
	collector
	before   int   // lines of the blocks before
	expected int64 // size of the file in bytes, 0 if it is not known
}

func (c *blockCollector) add(b *block) error {
	if b.first {
		c.head, c.rules.begins = b.head, b.head
	}
	if b.first && c.expected > 0 {
		c.reserve(int(float64(c.expected)*1.02/float64(len(b.text)+1)*float64(len(b.ops))) + len(b.ops))
	}
	for i := range b.ops {
		err := c.pair(&b.ops[i])
		if err == nil {
			err = c.keep(&b.ops[i])
		}
		if err != nil && b.lines != nil {
			err = atLine(err, c.before+b.lines[i])
		}
		if err != nil {
			return err
		}
	}
	if free := cap(c.ops) - len(c.ops); free < len(b.ops) {
		c.ops = slices.Grow(c.ops, max(len(b.ops), len(c.ops)))
	}
	c.ops = append(c.ops, b.ops...)
	var line *LineError
	switch {
	case errors.As(b.bad, &line):
		return &LineError{c.before + line.Line, line.What}
	case b.bad != nil:
		return b.bad
	case b.failure != nil && b.number > 0:
		return b.failure
	case b.failure != nil:
		return &LineError{c.before + b.count + 1, b.failure.Error()}
	case b.cut && b.number > 0:
		c.cut = b.breaksOff()
	case b.cut && b.torn:
		c.cut = fmt.Sprintf("line %d breaks off", c.before+b.count)
	case b.cut:
		c.cut = fmt.Sprintf("line %d breaks off", c.before+b.count+1)
	}
	c.before += b.count
	return nil
}

// sizeOf is how much there is to read, in bytes; 0 where that is not known.
func sizeOf(r io.Reader) int64 {
	switch r := r.(type) {
	case interface{ Len() int }:
		return int64(r.Len())
	case interface{ Stat() (os.FileInfo, error) }:
		if info, err := r.Stat(); err == nil && info.Mode().IsRegular() {
			return info.Size()
		}
	}
	return 0
}
