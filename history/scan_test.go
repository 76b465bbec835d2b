package history_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/history"
)

// lines are events and what resembles them. The scanner must read those that are marked, and need
// not read the others.
var lines = map[string]bool{
	`{"index":0,"time":10,"process":0,"type":"invoke","f":"write","key":"x","value":1,"node":"n1"}`: true,
	`{"index":7,"time":0,"process":"nemesis","type":"info","f":"kill","value":null,"error":"gone"}`: true,
	`{"type": "ok", "f": "read", "process": 12, "value": [1, {"a": -2.5e3, "b": [true, false]}]}`:   true,
	"{\t\"process\" : 3 , \"type\":\"fail\",\"f\":\"cas\" } \r":                                     true,
	`{"process":1,"type":"ok","f":"réad","value":"é\n","error":"a \"quote\" é"}`:                    true,
	`{"process":1,"type":"ok","f":"read","value":{}}`:                                               true,
	`{"process":1,"type":"ok","f":"read","value":[]}`:                                               true,
	`{"process":1,"type":"ok","f":"read","value":"\ud83d"}`:                                         true,
	`{"process":1,"type":"ok","f":"read","key":"","node":"","error":""}`:                            true,
	`{"process":1,"type":"ok","f":"read","error":"\ud83d"}`:                                         true,
	"{\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"key\":\"\xff\"}":                               true,
	"{\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"value\":\"\xff\"}":                             true,
	`{"process":1,"type":"ok","final":true,"f":"read"}`:                                             true,
	`{"process":1,"type":"ok","f":"read","final":false}`:                                            true,
	`{"process":1,"type":"ok","f":"read","final":null}`:                                             false,
	`{"process":1,"type":"ok","f":"read","final":1}`:                                                false,
	`{"process":1,"type":"ok","f":"read","final":fals}`:                                             false,
	`{"Process":1,"TYPE":"ok","f":"read"}`:                                                          false,
	`{"process":1,"type":"ok","f":"read","latency":3}`:                                              false,
	`{"process":1,"type":"ok","f":"read","f":"write"}`:                                              false,
	`{"process":1,"type":"ok","f":"read","key":null}`:                                               false,
	`{"process":1,"type":"ok","f":"read","index":-1}`:                                               false,
	`{"process":1,"type":"ok","f":"read","index":1.0}`:                                              false,
	`{"process":1,"type":"ok","f":"read","index":99999999999999999999}`:                             false,
	`{"process":1,"type":"ok","f":"read","time":9223372036854775807}`:                               false,
	`{"process":1,"type":"ok","f":"read","time":9223372036854775808}`:                               false,
	`{"process":1,"type":"ok","f":"read","time":01}`:                                                false,
	`{"process":-0,"type":"ok","f":"read"}`:                                                         false,
	`{"process":null,"type":"ok","f":"read"}`:                                                       false,
	`{"process":1,"type":null,"f":"read"}`:                                                          false,
	`{"process":1,"type":"\u006fk","f":"read"}`:                                                     false,
	`{"process":1,"type":"ok","f":""}`:                                                              false,
	`{"process":1,"type":"ok","f":"read","value":}`:                                                 false,
	`{"process":1,"type":"ok","f":"read","value":-}`:                                                false,
	`{"process":1,"type":"ok","f":"read","value":00}`:                                               false,
	`{"process":1,"type":"ok","f":"read","value":1.}`:                                               false,
	`{"process":1,"type":"ok","f":"read","value":1e}`:                                               false,
	`{"process":1,"type":"ok","f":"read","value":nul}`:                                              false,
	`{"process":1,"type":"ok","f":"read","value":[1,]}`:                                             false,
	`{"process":1,"type":"ok","f":"read","value":[1 2]}`:                                            false,
	`{"process":1,"type":"ok","f":"read","value":{"a":1,}}`:                                         false,
	`{"process":1,"type":"ok","f":"read","value":{1:2}}`:                                            false,
	`{"process":1,"type":"ok","f":"read","value":"\q"}`:                                             false,
	`{"process":1,"type":"ok","f":"read","value":"\u12"}`:                                           false,
	`{"process":1,"type":"ok","f":"read","value":"` + "\t" + `"}`:                                   false,
	`{"process":1,"type":"ok","f":"read","error":"\q"}`:                                             false,
	`{"process":1,"type":"ok","f":"read"} x`:                                                        false,
	`{"process":1,"type":"ok","f":"read",}`:                                                         false,
	`{"process":1 "type":"ok","f":"read"}`:                                                          false,
	`{"process":1,"type":"ok","f":"read"`:                                                           false,
	`{"process":1,"type":"ok","f":"read","value":"`:                                                 false,
	`{"process":1,"type":"ok","f":"read","value":"\`:                                                false,
	`{}`:   false,
	`{`:    false,
	`[]`:   false,
	`null`: false,
	``:     false,
	`{"process":1,"type":"ok","f":"read","value":` + strings.Repeat("[", 62) + strings.Repeat("]", 62) + `}`: true,
	`{"process":1,"type":"ok","f":"read","value":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`: true,
	`{"process":1,"type":"ok","f":"read","value":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`: false,
}

func TestScannerReadsTheCommonShape(t *testing.T) {
	for line, want := range lines {
		if _, got := history.Scan([]byte(line)); got != want {
			t.Errorf("%s: read by the scanner: %v, want %v", line, got, want)
		}
		agree(t, []byte(line))
	}
}

// agree holds the scanner to encoding/json.
func agree(t *testing.T, line []byte) {
	t.Helper()
	got, ok := history.Scan(line)
	if !ok {
		return
	}
	want, err := history.Parse(bytes.TrimSpace(line))
	if err != nil {
		t.Fatalf("%q: the scanner reads %+v, encoding/json says: %v", line, got, err)
	}
	got.Index, want.Index = 0, 0 // ignored when read
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%q (-encoding/json +scanner):\n%s", line, diff)
	}
	if history.IsHeader(line) {
		t.Fatalf("%q: the scanner reads a header", line)
	}
}

func FuzzScanner(f *testing.F) {
	for line := range lines {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if !bytes.ContainsRune(line, '\n') {
			agree(t, line)
		}
	})
}

// byEncodingJSON reads a history as the documentation says, in the plainest way.
func byEncodingJSON(file []byte) (ops []history.Op, cut string, err error) {
	number := 0
	var places []int
	defer func() {
		if _, broken := history.New(ops); broken != nil { // the first line that is wrong, in whichever way
			var event *history.EventError
			if errors.As(broken, &event) {
				err = &history.LineError{Line: places[event.Index], What: event.What}
			}
		}
	}()
	for line := range bytes.Lines(file) {
		number++
		line, whole := bytes.CutSuffix(line, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) == 0 || number == 1 && history.IsHeader(line) {
			continue
		}
		op, bad := history.Parse(line)
		switch {
		case bad != nil && !whole:
			return ops, fmt.Sprintf("line %d breaks off", number), nil
		case bad != nil:
			return ops, "", &history.LineError{Line: number, What: bad.Error()}
		}
		ops, places = append(ops, op), append(places, number)
	}
	return ops, "", nil
}

// readsAlike holds every way to read JSON lines to the plain one.
func readsAlike(t *testing.T, file []byte) {
	t.Helper()
	ops, cut, wantErr := byEncodingJSON(file)
	same := func(how string, gotOps []history.Op, gotCut string, err error) {
		t.Helper()
		switch {
		case fmt.Sprint(err) != fmt.Sprint(wantErr):
			t.Fatalf("%s: error %v, want %v\n%q", how, err, wantErr, file)
		case err != nil:
		case gotCut != cut:
			t.Fatalf("%s: cut is %q, want %q\n%q", how, gotCut, cut, file)
		case len(ops) != len(gotOps) || len(ops) > 0 && !same(ops, gotOps):
			t.Fatalf("%s (-plain):\n%s\n%q", how, cmp.Diff(ops, gotOps), file)
		}
	}
	for workers := range 4 {
		for _, size := range []int{1, 100, 1 << 16} {
			h, err := history.ReadBlocks(iotest.HalfReader(bytes.NewReader(file)), workers, size)
			if h == nil {
				h = &history.History{}
			}
			same(fmt.Sprintf("%d workers, blocks of %d", workers, size), h.Ops, h.Cut, err)
		}
	}
	s := history.NewStream(bytes.NewReader(file), history.JSONL)
	streamed, err := all(s)
	same("stream", streamed, s.Cut(), bare(err))
}

func TestReadDoesNotDependOnBlocks(t *testing.T) {
	var odd []string
	for line := range lines {
		odd = append(odd, line)
	}
	draw := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		var file []byte
		if draw.IntN(2) == 0 {
			file = append(file, "{\"comment\":\"a header\"}\n"...)
		}
		for range draw.IntN(5) {
			switch draw.IntN(4) {
			case 0:
				file = append(file, recorded(1+draw.IntN(3))...)
			case 1:
				file = append(file, odd[draw.IntN(len(odd))]...)
				file = append(file, '\n')
			case 2:
				file = append(file, " \r\n\n"...)
			case 3:
				file = fmt.Appendf(file, `{"time":9000000000,"process":%d,"type":"invoke","f":"read"}`+"\n",
					100+draw.IntN(10))
			}
		}
		readsAlike(t, file[:len(file)-draw.IntN(1+min(len(file), 30))])
	}
}

func TestReadRefusesALineWithoutEnd(t *testing.T) {
	event := `{"process":0,"type":"invoke","f":"read","value":"`
	fits := event + strings.Repeat("a", history.MaxLine-len(event)-2) + `"}`
	for name, test := range map[string]struct{ file, want string }{
		"fits":          {"\n" + fits + "\n", "<nil>"},
		"fits, cut off": {"\n" + fits, "<nil>"},
		"one byte more": {"\n" + event + strings.Repeat("a", history.MaxLine-len(event)-1) + "\"}\n",
			"line 2: longer than 16777216 bytes"},
		"never ends": {"\n\n" + strings.Repeat("[", history.MaxLine+2), "line 3: longer than 16777216 bytes"},
		"after one that fails": {"x\n" + strings.Repeat("[", history.MaxLine+2),
			"line 1: invalid character 'x' looking for beginning of value"},
	} {
		t.Run(name, func(t *testing.T) {
			for workers := range 2 {
				if _, err := history.ReadBlocks(strings.NewReader(test.file), workers,
					1<<16); fmt.Sprint(err) != test.want {
					t.Errorf("%d workers: error %v, want %s", workers, err, test.want)
				}
			}
			if _, err := all(history.NewStream(strings.NewReader(test.file),
				history.JSONL)); fmt.Sprint(bare(err)) != test.want {
				t.Errorf("stream: error %v, want %s", err, test.want)
			}
		})
	}
}

// What cannot be read on is an error in the line where that shows; what breaks off, as compressed
// files do, is read as far as it goes.
func TestReadFromAFailingReader(t *testing.T) {
	for _, test := range []struct {
		text string
		err  error
		ops  int
		cut  string
		want string
	}{
		{twoCalls, errors.New("disk on fire"), 0, "", "line 4: disk on fire"},
		{twoCalls + "{", errors.New("disk on fire"), 0, "", "line 4: disk on fire"},
		{twoCalls, io.ErrUnexpectedEOF, 3, "line 4 breaks off", "<nil>"},
		{twoCalls + "{", io.ErrUnexpectedEOF, 3, "line 4 breaks off", "<nil>"},
		{strings.TrimSuffix(twoCalls, "\n"), io.ErrUnexpectedEOF, 3, "line 3 breaks off", "<nil>"},
		{"x\n", io.ErrUnexpectedEOF, 0, "", "line 1: invalid character 'x' looking for beginning of value"},
	} {
		reader := func() io.Reader { return io.MultiReader(strings.NewReader(test.text), iotest.ErrReader(test.err)) }
		for workers := range 3 {
			h, err := history.ReadBlocks(reader(), workers, 50)
			if fmt.Sprint(err) != test.want {
				t.Errorf("%q then %v: error %v, want %s", test.text, test.err, err, test.want)
			}
			if err == nil && (len(h.Ops) != test.ops || h.Cut != test.cut) {
				t.Errorf("%q then %v: %d events, cut %q, want %d, %q", test.text, test.err, len(h.Ops), h.Cut, test.ops,
					test.cut)
			}
		}
		s := history.NewStream(reader(), history.JSONL)
		if ops, err := all(s); fmt.Sprint(bare(err)) != test.want ||
			err == nil && (len(ops) != test.ops || s.Cut() != test.cut) {
			t.Errorf("%q then %v: %d events streamed, cut %q, error %v", test.text, test.err, len(ops), s.Cut(), err)
		}
	}
}

// bare is an error without the name of the format.
func bare(err error) error {
	var form *history.FormatError
	if errors.As(err, &form) {
		return form.Err
	}
	return err
}
