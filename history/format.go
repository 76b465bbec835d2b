package history

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is a way in which a history is written.
type Format string

// The formats.
const (
	Auto          Format = "auto"           // told from the first bytes
	JSONL         Format = "jsonl"          // one event a line, as this package writes it
	JSON          Format = "json"           // one array of such events
	EDN           Format = "edn"            // Jepsen's, see [ReadEDN]
	Binary        Format = "binary"         // compact, see [BinaryWriter]
	JepsenLog     Format = "jepsen-log"     // jepsen.log or history.txt
	Intervals     Format = "intervals"      // one call a line or in an array, with its start and its end
	CSV           Format = "csv"            // the same as a table
	PorcupineKV   Format = "porcupine-kv"   // the key-value logs among Porcupine's test data
	PorcupineEtcd Format = "porcupine-etcd" // its etcd logs, which are early Jepsen's
)

// Formats lists the formats that are read, Auto first.
func Formats() []Format {
	return []Format{Auto, JSONL, JSON, EDN, Binary, JepsenLog, Intervals, CSV, PorcupineKV, PorcupineEtcd}
}

// ParseFormat knows the names of Formats.
func ParseFormat(name string) (Format, error) {
	if f := Format(name); slices.Contains(Formats(), f) {
		return f, nil
	}
	names := make([]string, len(Formats()))
	for i, f := range Formats() {
		names[i] = string(f)
	}
	return "", fmt.Errorf("no such format: %q (there are %s)", name, strings.Join(names, ", "))
}

// FormatError is what is wrong with a file, and what it was read as.
type FormatError struct {
	Format Format
	Err    error
}

func (e *FormatError) Error() string { return fmt.Sprintf("%v (read as %s)", e.Err, e.Format) }

func (e *FormatError) Unwrap() error { return e.Err }

// Decode reads a whole history in a format. A file compressed by gzip or zstd is known by its first
// bytes and read as what it holds. Bad input is one line that names the place and the format; a
// file that breaks off is read as far as it goes, see Cut.
func Decode(r io.Reader, format Format) (*History, error) {
	in, err := recognise(r, format)
	if err != nil {
		return nil, err
	}
	h, err := in.decode()
	if err != nil {
		return nil, &FormatError{in.format, err}
	}
	return h, nil
}

func (in input) decode() (*History, error) {
	switch in.format {
	case JSONL:
		if head, _ := in.Peek(in.Buffered()); !beginsWithCompletion(head) {
			return readLines(in, in.size)
		}
	case Binary:
		return readBlocks(&binaryFeeder{r: in}, in.size, cores())
	}
	return readAll(in.source())
}

// input is a file whose format is known.
type input struct {
	*bufio.Reader
	format Format
	size   int64 // in bytes, 0 if it is not known
}

func (in input) source() source {
	switch in.format {
	case JSON:
		return &completions{source: newArraySource(in.Reader)}
	case EDN:
		return &completions{source: newEDNSource(in.Reader)}
	case JepsenLog:
		return newJepsenLog(in.Reader)
	case Intervals:
		return newIntervalSource(in.Reader)
	case CSV:
		return newTableSource(in.Reader)
	case Binary:
		return newBinarySource(in.Reader)
	case PorcupineKV, PorcupineEtcd:
		return newLogSource(in.Reader, in.format)
	default:
		return &completions{source: newLineSource(in.Reader)}
	}
}

// opening is the source of a stream whose first bytes may not have come yet.
type opening struct {
	r      io.Reader
	format Format
	source
}

func (o *opening) header() Initial { return initialOf(o.source) }

func (o *opening) next() (Op, error) {
	if o.source == nil {
		in, err := recognise(o.r, o.format)
		if err != nil {
			return Op{}, err
		}
		o.source, o.format = in.source(), in.format
	}
	op, err := o.source.next()
	var cut cutOff
	if err != nil && !errors.Is(err, io.EOF) && !errors.As(err, &cut) {
		err = &FormatError{o.format, err}
	}
	return op, err
}

func (o *opening) at(err error) error { return &FormatError{o.format, o.source.at(err)} }

// bufferSize is what is read at once from a stream.
const bufferSize = 1 << 16

// recognise looks through a compression and tells the format by the first bytes, if it is not
// known. It waits for no more bytes than it needs.
func recognise(r io.Reader, format Format) (input, error) {
	in := input{bufio.NewReaderSize(r, bufferSize), format, sizeOf(r)}
	unpacked, err := decompress(in.Reader)
	if err != nil {
		return in, err
	}
	if unpacked != in.Reader {
		in.Reader, in.size = unpacked, 0
	}
	if err := passMark(in.Reader); err != nil || in.format != Auto {
		return in, err
	}
	for seen := 1; ; seen++ {
		head, err := in.Peek(seen)
		known := false
		if in.format, known = formatOf(string(head)); known || err != nil || seen == bufferSize {
			return in, nil // an error comes again with the first read
		}
		seen = max(seen, in.Buffered()-1)
	}
}
