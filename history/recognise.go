package history

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
)

// passMark passes over the byte order mark of UTF-8. That of UTF-16 is refused: it is the only one
// whose file looks like binary.
func passMark(in *bufio.Reader) error {
	const mark = "\xef\xbb\xbf"
	head, _ := in.Peek(1) // an error comes again with the first read
	switch string(head) {
	case mark[:1]:
		if head, _ = in.Peek(len(mark)); string(head) == mark {
			_, err := in.Discard(len(mark))
			return err
		}
	case "\xff", "\xfe":
		if head, _ = in.Peek(2); string(head) == "\xff\xfe" || string(head) == "\xfe\xff" {
			return errors.New("this is text in UTF-16: convert it to UTF-8")
		}
	}
	return nil
}

// formatOf tells a format by the beginning of a file. It is not known if too little is there.
func formatOf(head string) (format Format, known bool) {
	if head != "" && head[0] == binaryMagic[0] {
		return Binary, true
	}
	text := strings.TrimSpace(head)
	switch {
	case text == "":
		return JSONL, false
	case text[0] == '{':
		return formatOfMap(text)
	case text[0] == '[':
		return formatOfList(text, strings.TrimSpace(text[1:]))
	case strings.ContainsRune("(#;,", rune(text[0])):
		return EDN, true
	case text[0] == '"':
		return JSONL, true
	}
	first, _, whole := strings.Cut(strings.TrimLeft(head, " \t\r\n"), "\n")
	if isTableHead(first) {
		return CSV, whole
	}
	return formatOfLog(head)
}

// formatOfLog tells early logs of Jepsen from later ones by the first line that is an event,
// whatever precedes it. A log without one is told by how its lines begin.
func formatOfLog(head string) (Format, bool) {
	format := JepsenLog
	for line := range strings.Lines(head) {
		whole := strings.HasSuffix(line, "\n")
		line = strings.TrimSpace(line)
		switch {
		case etcdBegin.MatchString(line):
			return PorcupineEtcd, true
		case whole && logLine.MatchString(line):
			return JepsenLog, true
		case earlyLine.MatchString(line):
			format = PorcupineEtcd
		}
	}
	return format, false
}

// earlyLine is any line of an early log of Jepsen.
var earlyLine = regexp.MustCompile(`^INFO\s+jepsen\.\S+\s+-\s`)

// formatOfMap tells a format by a beginning with a brace. In EDN, the keys of maps are keywords.
func formatOfMap(text string) (Format, bool) {
	switch inside := strings.TrimSpace(text[1:]); {
	case inside == "":
		return JSONL, false
	case inside[0] != ':':
		return formatOfObject(text, JSONL)
	case kvBegin.MatchString(text):
		return PorcupineKV, true
	}
	return EDN, strings.ContainsAny(text, "}\n")
}

// formatOfList tells whether a bracket begins JSON or EDN.
func formatOfList(text, inside string) (Format, bool) {
	if inside == "" {
		return EDN, false
	}
	within := strings.TrimSpace(inside[1:])
	switch {
	case inside[0] != '{' || within != "" && within[0] != '"' && within[0] != '}':
		return EDN, true
	case within == "":
		return EDN, false
	}
	return formatOfObject(inside, JSON)
}

// formatOfObject tells events in JSON from intervals, by the first object that is no header.
func formatOfObject(text string, events Format) (Format, bool) {
	objects := json.NewDecoder(strings.NewReader(text))
	for {
		var fields map[string]json.RawMessage
		err := objects.Decode(&fields)
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return events, false
		case err != nil:
			return events, true
		case isInterval(fields):
			return Intervals, true
		case events == JSON || !lacksType(fields):
			return events, true
		}
		text = text[objects.InputOffset():]
		objects = json.NewDecoder(strings.NewReader(text))
	}
}

func lacksType(fields map[string]json.RawMessage) bool {
	_, event := fields["type"]
	return !event
}
