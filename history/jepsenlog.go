package history

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/splitvote/splitvote/internal/edn"
)

// A log of Jepsen has an event a line among other lines, and its history.txt has the same without
// the prefix:
//
//	2021-03-04 05:06:07,089{UTC}	INFO	[jepsen worker 6] jepsen.util: 26	:invoke	…
//	26	:ok	:txn	[[:r 8 [1 2]]]
//	nemesis	:info	:start-partition	nil
//
// Behind the value may stand an error.
var logLine = regexp.MustCompile(`^(?:(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[,.]\d{1,9})?.*\bjepsen\.util(?:\s+-|:)\s+)?` +
	`(\d+|:?nemesis)\s+:(invoke|ok|fail|info)\s+(:?[^\s:]\S*)(?:\s+(\S.*))?$`)

// jepsenLog reads the events of a log of Jepsen, passing over other lines.
type jepsenLog struct {
	lineReader
	values ednValues
	events bool
}

func newJepsenLog(in *bufio.Reader) *jepsenLog { return &jepsenLog{lineReader: lineReader{in: in}} }

func (s *jepsenLog) next() (Op, error) {
	op, err := s.lineReader.next(func(line []byte) (Op, bool, error) {
		m := logLine.FindStringSubmatch(strings.TrimSpace(validText(string(line))))
		if m == nil {
			return Op{}, false, nil
		}
		op, err := s.event(m)
		s.events = s.events || err == nil
		return op, err == nil, err
	})
	if errors.Is(err, io.EOF) && !s.events && s.number > 0 {
		return op, &LineError{s.number,
			"the file ends, and no line of it is an event of a log of Jepsen, as 26 :invoke :read nil"}
	}
	return op, err
}

// event makes an event of the parts of a line: time, process, type, f, and value with error.
func (s *jepsenLog) event(m []string) (Op, error) {
	op, open := Op{F: strings.TrimPrefix(m[4], ":"), Value: null}, unsettled{}
	var err error
	if op.Process, err = processOf(strings.TrimPrefix(m[2], ":")); err != nil {
		return Op{}, err
	}
	if err := op.Kind.UnmarshalText([]byte(m[3])); err != nil {
		return Op{}, err
	}
	forms, err := formsOf(m[5])
	if err != nil {
		return Op{}, fmt.Errorf("%.60q: %w", m[5], err)
	}
	failed := op.Kind == Fail || op.Kind == Info
	if len(forms) == 1 && failed && op.Process != Nemesis {
		if why, ok := forms[0].(edn.Keyword); ok { // instead of the value
			op.Err, forms = string(why), nil
		}
	}
	if len(forms) > 0 {
		if err := s.values.set(&op, forms[0]); err != nil {
			return Op{}, err
		}
	}
	if len(forms) > 1 && failed {
		op.Err = textOf(forms[1])
	}
	if at, err := time.Parse("2006-01-02 15:04:05.999999999",
		strings.NewReplacer("T", " ", ",", ".").Replace(m[1])); err == nil && at.Year() >= 1970 && at.Year() < 2200 {
		op.Time, open.Clock = time.Duration(at.UnixNano()), true
	}
	open.in(&op)
	return op, nil
}

// formsOf reads what stands behind the f. A text in words that follows the value is passed over.
func formsOf(text string) ([]any, error) {
	in := edn.NewReader(strings.NewReader(text + "\n"))
	var forms []any
	for {
		form, err := in.Next()
		switch {
		case errors.Is(err, io.EOF), err != nil && len(forms) > 0:
			return forms, nil
		case err != nil:
			return nil, err
		}
		forms = append(forms, form)
	}
}
