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

// Read reads a history as JSON lines, one event a line, and pairs it. Empty lines, and a first line that is an object
// without a "type" (a header), are passed over. A last line that breaks off without its newline is what a killed writer
// leaves: the history is read up to it and says so in Cut. Every other bad line is a *LineError, the first in the file.
//
// The file is read in blocks of whole lines, which are parsed on all cores and put together in order: the result does not
// depend on how many there are.
func Read(r io.Reader) (*History, error) { return readLines(r, sizeOf(r)) }

// readLines is Read, where it is known how much there is to read, in bytes; 0 if it is not.
func readLines(r io.Reader, size int64) (*History, error) {
	workers := runtime.GOMAXPROCS(0)
	if workers == 1 {
		workers = 0 // parse where we read: what was just read is still in the cache
	}
	return readBlocks(r, size, workers, blockSize)
}

// blockSize is how much is read at once, in bytes: little enough to stay in a core's cache.
const blockSize = 256 << 10

// block is some whole lines of a file and the events in them. Its memory is used again.
type block struct {
	text    []byte // ends in a newline
	first   bool   // it begins the file
	last    bool   // it ends the file
	torn    bool   // its last newline is ours
	cut     bool   // the file does not end after it, but breaks off
	failure error  // why the file cannot be read on, nil if it has just ended

	ops   []Op
	lines []int      // of each op, counted from 1 in the block
	count int        // of lines
	bad   *LineError // the line where parsing ended, counted likewise
	done  chan struct{}
}

// readBlocks parses with so many workers besides the caller, who reads and puts together what they parsed; with none, the
// caller parses too.
func readBlocks(r io.Reader, size int64, workers, blockSize int) (*History, error) {
	feed := feeder{r: r, least: blockSize}
	c := blockCollector{expected: size}
	if workers == 0 {
		b, s := newBlock(blockSize), &scanner{}
		for !b.last {
			feed.fill(b)
			s.parse(b)
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
				s.parse(b)
				b.done <- struct{}{}
			}
		})
	}
	ring := make([]*block, 2*workers)
	for i := range ring {
		ring[i] = newBlock(blockSize)
	}
	for next, oldest := 0, 0; ; {
		if next-oldest < len(ring) && !feed.ended {
			b := ring[next%len(ring)]
			feed.fill(b)
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

func newBlock(size int) *block {
	return &block{text: make([]byte, 0, size), done: make(chan struct{}, 1)}
}

// feeder divides a file into blocks.
type feeder struct {
	r     io.Reader
	least int    // bytes of a block that is not the last
	rest  []byte // of the last block: the beginning of a line
	begun bool
	ended bool
}

// fill reads the next block.
func (f *feeder) fill(b *block) {
	b.first, b.last, b.torn, b.cut, b.failure = !f.begun, false, false, false, nil
	f.begun = true
	b.text = append(b.text[:0], f.rest...)
	for inOneLine := len(f.rest); ; {
		if len(b.text) == cap(b.text) {
			b.text = slices.Grow(b.text, len(b.text))
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

// end makes b the last block: the file ends here, or cannot be read on. Of a line that is not whole for any other reason than
// the end of the file, nothing is kept.
func (f *feeder) end(b *block, err error) {
	f.ended, b.last, b.cut = true, true, errors.Is(err, io.ErrUnexpectedEOF)
	if !b.cut && !errors.Is(err, io.EOF) {
		b.failure = err
		b.text = b.text[:bytes.LastIndexByte(b.text, '\n')+1]
	} else if len(b.text) > 0 && b.text[len(b.text)-1] != '\n' {
		b.text, b.torn = append(b.text, '\n'), true
	}
}

// parse reads the lines of b up to the first that is no event.
func (s *scanner) parse(b *block) {
	b.ops, b.lines, b.count, b.bad = b.ops[:0], b.lines[:0], 0, nil
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
			if len(text) == 0 || b.first && b.count == 1 && isHeader(text) {
				b.ops = b.ops[:len(b.ops)-1]
				i = end + 1
				continue
			}
			if *op, err = parseOp(text); err != nil {
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
	if b.first && c.expected > 0 {
		c.reserve(int(float64(c.expected)*1.02/float64(len(b.text)+1)*float64(len(b.ops))) + len(b.ops))
	}
	for i := range b.ops {
		op := &b.ops[i]
		if err := c.pair(op); err != nil {
			return atLine(err, c.before+b.lines[i])
		}
		if err := c.keep(op); err != nil {
			return atLine(err, c.before+b.lines[i])
		}
	}
	if free := cap(c.ops) - len(c.ops); free < len(b.ops) {
		c.ops = slices.Grow(c.ops, max(len(b.ops), len(c.ops)))
	}
	c.ops = append(c.ops, b.ops...)
	switch {
	case b.bad != nil:
		return &LineError{c.before + b.bad.Line, b.bad.What}
	case b.failure != nil:
		return &LineError{c.before + b.count + 1, b.failure.Error()}
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
