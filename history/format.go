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
	Auto  Format = "auto"  // told from the first bytes
	JSONL Format = "jsonl" // one event a line, as this package writes it
	EDN   Format = "edn"   // Jepsen's, see [ReadEDN]
)

// Formats lists the formats that are read, Auto first.
func Formats() []Format { return []Format{Auto, JSONL, EDN} }

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

// Decode reads a whole history in a format. Bad input is one line that names the place.
func Decode(r io.Reader, format Format) (*History, error) {
	in, recognised, err := recognise(r, format)
	if err != nil {
		return nil, err
	}
	switch recognised {
	case EDN:
		return readAll(newEDNSource(in))
	default:
		return readLines(in, sizeOf(r))
	}
}

// opening is the source of a stream whose first bytes have not come yet.
type opening struct {
	r      io.Reader
	format Format
	source
}

func (o *opening) next() (Op, error) {
	if o.source == nil {
		in, format, err := recognise(o.r, o.format)
		if err != nil {
			return Op{}, err
		}
		switch format {
		case EDN:
			o.source = newEDNSource(in)
		default:
			o.source = newLineSource(in)
		}
	}
	return o.source.next()
}

// bufferSize is what is read at once from a stream.
const bufferSize = 1 << 16

// recognise tells the format by the first bytes, if it is not known. It waits for no more bytes than it needs.
func recognise(r io.Reader, format Format) (*bufio.Reader, Format, error) {
	in := bufio.NewReaderSize(r, bufferSize)
	if format != Auto {
		return in, format, nil
	}
	for seen := 1; ; seen++ {
		head, err := in.Peek(seen)
		if format, known := formatOf(string(head)); known || err != nil || seen == bufferSize {
			return in, format, nil // an error comes again with the first read
		}
		seen = max(seen, in.Buffered()-1)
	}
}

// formatOf tells JSON lines from EDN, in which maps begin with a keyword or a tag. It is not known if too little is there.
func formatOf(head string) (format Format, known bool) {
	text := strings.TrimSpace(head)
	switch {
	case text == "" || text == "{":
		return JSONL, false
	case strings.ContainsRune("[(#;,", rune(text[0])):
		return EDN, true
	case text[0] == '{' && strings.TrimSpace(text[1:])[0] == ':':
		return EDN, true
	}
	return JSONL, true
}
