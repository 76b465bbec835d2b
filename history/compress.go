package history

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression is a way in which a file is compressed as a whole.
type Compression string

// The compressions.
const (
	Plain Compression = "" // none
	Gzip  Compression = "gzip"
	Zstd  Compression = "zstd"
)

// compressions by what such files begin with and how their names end.
var compressions = []struct {
	of     Compression
	magic  string
	ending string
}{
	{Gzip, "\x1f\x8b", ".gz"},
	{Zstd, "\x28\xb5\x2f\xfd", ".zst"},
}

// CompressionOf tells the compression of a file by its name, and the name without that ending.
func CompressionOf(name string) (c Compression, bare string) {
	for _, known := range compressions {
		if bare, ok := strings.CutSuffix(name, known.ending); ok {
			return known.of, bare
		}
	}
	return Plain, name
}

// Writer compresses what is written to it. Closing it ends the compressed file and not w.
func (c Compression) Writer(w io.Writer) (io.WriteCloser, error) {
	switch c {
	case Gzip:
		return gzip.NewWriter(w), nil
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	case Plain:
		return plain{w}, nil
	}
	return nil, fmt.Errorf("no such compression: %q", c)
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// A small file may hold a large one, but not one without end: beyond the first inflatesFreely
// bytes, no more than inflatesBy times what was read of the file may come out of it.
const (
	inflatesFreely = 1 << 20
	inflatesBy     = 200
	maxWindow      = 128 << 20 // bytes of memory that a zstd file may ask for
)

// decompress looks through a compression that it knows by the first bytes; anything else it leaves
// as it is. It waits for no more bytes than it needs.
func decompress(in *bufio.Reader) (*bufio.Reader, error) {
	for _, known := range compressions {
		for n := 1; n <= len(known.magic); n++ {
			head, _ := in.Peek(n) // an error comes again with the first read
			if string(head) != known.magic[:n] {
				break
			}
			if n == len(known.magic) {
				return inflate(in, known.of)
			}
		}
	}
	return in, nil
}

func inflate(in io.Reader, from Compression) (*bufio.Reader, error) {
	packed := &counter{r: in}
	var unpacked io.Reader
	var err error
	switch from {
	case Gzip:
		unpacked, err = gzip.NewReader(packed)
	case Zstd:
		unpacked, err = zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF): // within the header, gzip has both
		unpacked = brokenOff{}
	case err != nil:
		return nil, err
	}
	return bufio.NewReaderSize(&inflater{counter: counter{r: unpacked}, packed: packed, from: from}, bufferSize), nil
}

// brokenOff is a compressed file that breaks off before anything comes out of it.
type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// counter counts the bytes that are read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// inflater is what comes out of a compressed file, within bounds.
type inflater struct {
	counter
	packed *counter
	from   Compression
}

func (f *inflater) Read(p []byte) (int, error) {
	room := inflatesFreely + inflatesBy*f.packed.n - f.n
	if room <= 0 {
		return 0, fmt.Errorf("the %s file holds more than %d times its size", f.from, inflatesBy)
	}
	// where the bound is does not depend on how much is read at once
	n, err := f.counter.Read(p[:min(int64(len(p)), room)])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the %s file is damaged: %w", f.from, err)
	}
	return n, err
}
