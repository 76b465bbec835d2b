package history

import (
	"bufio"
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
	EDN           Format = "edn"            // Jepsen's, see [ReadEDN]
	Binary        Format = "binary"         // compact, see [BinaryWriter]
	PorcupineKV   Format = "porcupine-kv"   // the key-value logs among Porcupine's test data
	PorcupineEtcd Format = "porcupine-etcd" // its etcd logs, which are early Jepsen's
)

// Formats lists the formats that are read, Auto first.
func Formats() []Format { return []Format{Auto, JSONL, EDN, Binary, PorcupineKV, PorcupineEtcd} }

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

// Decode reads a whole history in a format. A file compressed by gzip or zstd is known by its first bytes and read as what
// it holds. Bad input is one line that names the place; a file that breaks off is read as far as it goes, see Cut.
func Decode(r io.Reader, format Format) (*History, error) {
	in, err := recognise(r, format)
	if err != nil {
		return nil, err
	}
	switch in.format {
	case JSONL:
		return readLines(in, in.size)
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
	case EDN:
		return newEDNSource(in.Reader)
	case Binary:
		return newBinarySource(in.Reader)
	case PorcupineKV, PorcupineEtcd:
		return newLogSource(in.Reader, in.format)
	default:
		return newLineSource(in.Reader)
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
		o.source = in.source()
	}
	return o.source.next()
}

// bufferSize is what is read at once from a stream.
const bufferSize = 1 << 16

// recognise looks through a compression and tells the format by the first bytes, if it is not known. It waits for no more
// bytes than it needs.
func recognise(r io.Reader, format Format) (input, error) {
	in := input{bufio.NewReaderSize(r, bufferSize), format, sizeOf(r)}
	unpacked, err := decompress(in.Reader)
	if err != nil {
		return in, err
	}
	if unpacked != in.Reader {
		in.Reader, in.size = unpacked, 0
	}
	if in.format != Auto {
		return in, nil
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

// formatOf tells a format by the beginning of a file. It is not known if too little is there.
func formatOf(head string) (format Format, known bool) {
	if head != "" && head[0] == binaryMagic[0] {
		return Binary, true
	}
	text := strings.TrimSpace(head)
	switch {
	case text == "" || text == "{":
		return JSONL, false
	case text[0] == 'I': // INFO
		return PorcupineEtcd, true
	case strings.ContainsRune("[(#;,", rune(text[0])):
		return EDN, true
	case text[0] != '{' || strings.TrimSpace(text[1:])[0] != ':': // in EDN, the keys of maps are keywords
		return JSONL, true
	case kvBegin.MatchString(text):
		return PorcupineKV, true
	}
	return EDN, strings.ContainsAny(text, "}\n")
}
