package history

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Intervals are calls with their start and their end, one record a call, as a monitor or
// Porcupine's Operation has them:
//
//	{"process":0,"f":"write","value":1,"start":10,"end":20}
//	{"ClientId":0,"Input":{"Op":1,"Key":"x","Value":"1"},"Call":10,"Output":{},"Return":20}
//
// They become events in the order of time. Where times tie, calls begin before others end, as in
// Porcupine: then no call follows another that may have overlapped it. A client that has another
// call under way, or whose call has an unknown outcome, goes on as a further process.

// intervalFields are our names for the fields of an interval, with those that others use, in lower
// case.
var intervalFields = map[string][]string{
	"process": {"process", "clientid", "client_id", "client", "thread", "session", "worker"},
	"f":       {"f", "op", "operation", "method"},
	"key":     {"key"},
	"value":   {"value", "input", "arg", "args", "argument"},
	"result":  {"result", "output", "response"},
	"start":   {"start", "call", "begin", "invoke", "invoked", "start_time", "starttime"},
	"end":     {"end", "return", "finish", "complete", "completed", "end_time", "endtime"},
	"type":    {"type", "status", "outcome"},
	"error":   {"error"},
	"node":    {"node"},
}

// fieldOfInterval is our name for a field, "" for one that is passed over.
func fieldOfInterval(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	for field, names := range intervalFields {
		if slices.Contains(names, name) {
			return field
		}
	}
	return ""
}

// isInterval says whether an object is a call with its start and end.
func isInterval(fields map[string]json.RawMessage) bool {
	has := map[string]bool{}
	for name := range fields {
		has[fieldOfInterval(name)] = true
	}
	return has["start"] && has["end"]
}

// isTableHead says whether a line names the columns of a table of intervals.
func isTableHead(line string) bool {
	has := map[string]bool{}
	for _, name := range strings.Split(line, ",") {
		has[fieldOfInterval(strings.Trim(strings.TrimSpace(name), `"`))] = true
	}
	return has["start"] && has["end"]
}

// interval is a call.
type interval struct {
	line         int
	client       string
	invoke, done Op
	start, end   time.Duration // end is negative for a call without one
}

// intervalSource reads all calls before it returns the first event.
type intervalSource struct {
	record func() (fields map[string]json.RawMessage, line int, err error)
	events []Op
	lines  []int
	given  int
	read   bool
	cut    error
}

// newIntervalSource reads objects, one a line or in an array.
func newIntervalSource(in *bufio.Reader) *intervalSource {
	var array *arraySource
	lines := &lineReader{in: in}
	return &intervalSource{record: func() (fields map[string]json.RawMessage, line int, err error) {
		take := func(text []byte) error {
			if err := checkDepth(text, 0); err != nil {
				return err
			}
			return decodeObject(text, &fields)
		}
		if head, _ := in.Peek(1); array == nil && lines.number == 0 && string(head) == "[" {
			array = newArraySource(in)
		}
		if array != nil {
			array.parse = func(text []byte) (Op, error) { return Op{}, take(text) }
			_, err = array.next()
			return fields, array.line, err
		}
		_, err = lines.next(func(text []byte) (Op, bool, error) {
			if text = bytes.TrimSpace(text); len(text) == 0 {
				return Op{}, false, nil
			}
			err := take(text)
			return Op{}, err == nil, err
		})
		return fields, lines.number, err
	}}
}

// newTableSource reads rows, whose columns the first one names.
func newTableSource(in *bufio.Reader) *intervalSource {
	rows := csv.NewReader(io.LimitReader(in, maxMemory))
	rows.FieldsPerRecord = -1
	rows.TrimLeadingSpace = true
	var head []string
	return &intervalSource{record: func() (map[string]json.RawMessage, int, error) {
		row, err := rows.Read()
		if err == nil && head == nil {
			if head = row; !isTableHead(strings.Join(row, ",")) {
				return nil, 1, &LineError{1,
					"the first row names the columns: want process, f, key, value, result, start and end"}
			}
			row, err = rows.Read()
		}
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad):
			return nil, bad.Line, &LineError{bad.Line, bad.Err.Error()}
		case err != nil:
			return nil, 0, err
		}
		line, _ := rows.FieldPos(0)
		if len(row) > len(head) {
			return nil, line, &LineError{line, fmt.Sprintf("has %d columns, the first row %d", len(row), len(head))}
		}
		fields := map[string]json.RawMessage{}
		for i, text := range row {
			fields[head[i]] = cell(text)
		}
		return fields, line, nil
	}}
}

// cell is what stands in a table as JSON: JSON as it is, nothing as null, and anything else as a
// string.
func cell(text string) json.RawMessage {
	switch {
	case text == "":
		return null
	case json.Valid([]byte(text)) && checkDepth([]byte(text), 1) == nil:
		return json.RawMessage(text)
	}
	return appendString(nil, text)
}

func (s *intervalSource) at(err error) error {
	if s.given == 0 || s.given > len(s.lines) {
		return err
	}
	return atLine(err, s.lines[s.given-1])
}

func (s *intervalSource) next() (Op, error) {
	if !s.read {
		s.read = true
		if err := s.all(); err != nil {
			return Op{}, err
		}
	}
	if s.given == len(s.events) {
		return Op{}, s.cut
	}
	s.given++
	return s.events[s.given-1], nil
}

// all reads all calls and puts their events in order.
func (s *intervalSource) all() error {
	var calls []interval
	var kept int64
	for {
		fields, line, err := s.record()
		var cut cutOff
		if errors.Is(err, io.EOF) || errors.As(err, &cut) {
			s.cut = err
			break
		}
		if err != nil {
			return err
		}
		c, err := intervalOf(fields)
		if err != nil {
			return &LineError{line, err.Error()}
		}
		if kept += 4*opSize + int64(len(c.invoke.Value)+len(c.done.Value)); kept > maxMemory {
			return &LineError{line, fmt.Sprintf("the history takes more than %d GiB of memory", maxMemory>>30)}
		}
		c.line = line
		calls = append(calls, c)
	}
	s.order(calls)
	return nil
}

// intervalOf reads a call.
func intervalOf(named map[string]json.RawMessage) (interval, error) {
	fields := map[string]json.RawMessage{}
	for name, value := range named {
		if field := fieldOfInterval(name); field != "" {
			if fields[field] != nil {
				return interval{}, fmt.Errorf("two fields name its %s", field)
			}
			fields[field] = value
		}
	}
	if err := unpack(fields); err != nil {
		return interval{}, err
	}
	c := interval{client: textOfJSON(fields["process"]), end: -1}
	f, isText := stringOf(fields["f"])
	switch {
	case c.client == "":
		return interval{}, errors.New("a call needs a process")
	case !isText || f == "":
		return interval{}, fmt.Errorf("a call needs its name as f, got %s", cmp.Or(string(fields["f"]), "none"))
	case isNull(fields["start"]):
		return interval{}, errors.New("a call needs a start")
	}
	var err error
	if c.start, _, err = parseTime(textOfJSON(fields["start"])); err != nil {
		return interval{}, fmt.Errorf("start: %w", err)
	}
	if !isNull(fields["end"]) {
		if c.end, _, err = parseTime(textOfJSON(fields["end"])); err != nil {
			return interval{}, fmt.Errorf("end: %w", err)
		}
		if c.end < c.start {
			return interval{}, fmt.Errorf("ends at %d, before its start at %d", c.end, c.start)
		}
	}
	op := Op{F: f, Value: null, Node: NodeID(textOfJSON(fields["node"]))}
	if fields["value"] != nil {
		op.Value = fields["value"]
	}
	var open unsettled
	if op.Key, isText = stringOf(fields["key"]); !isText && !isNull(fields["key"]) {
		open.Key = canonicalJSON(fields["key"])
	}
	open.in(&op)
	c.invoke, c.done = op, op
	c.done.Kind, c.done.Err = Ok, textOfJSON(fields["error"])
	if kind := strings.ToLower(textOfJSON(fields["type"])); kind != "" {
		if err := c.done.Kind.UnmarshalText([]byte(kind)); err != nil || c.done.Kind == Invoke {
			return interval{}, fmt.Errorf("type is %s, want ok, fail or info", fields["type"])
		}
	} else if c.done.Err != "" {
		c.done.Kind = Info
	}
	if c.end < 0 && c.done.Kind != Info {
		c.done.Kind = Info // nobody knows how it ended
	}
	if c.done.Kind == Ok {
		c.done.Value = resultOf(f, op.Value, fields["result"])
	}
	return c, nil
}

// resultOf is the value of a completion: what was returned, or the arguments where that says no
// more than that it was done.
func resultOf(f string, value, result json.RawMessage) json.RawMessage {
	text := string(bytes.TrimSpace(result))
	switch {
	case isNull(result) || text == "{}":
		return value
	case isNull(value):
		return result
	case f == "contains" && (text == "true" || text == "false"):
		return json.RawMessage("[" + string(value) + "," + text + "]")
	case text == "true" || text == `""` || strings.EqualFold(text, `"ok"`):
		return value
	}
	return result
}

// unpack takes Porcupine's Input and Output apart: {"Op":1,"Key":"x","Value":"1"} and
// {"Value":"1"}. The numbers are those of its key-value model.
func unpack(fields map[string]json.RawMessage) error {
	if fields["f"] != nil {
		return nil
	}
	var input map[string]json.RawMessage
	if json.Unmarshal(fields["value"], &input) != nil || input == nil {
		return nil
	}
	delete(fields, "value")
	for _, name := range slices.Sorted(maps.Keys(input)) {
		if field := fieldOfInterval(name); field == "f" || field == "key" || field == "value" {
			fields[field] = input[name]
		}
	}
	var output map[string]json.RawMessage
	if json.Unmarshal(fields["result"], &output) == nil && output != nil {
		fields["result"] = null
		for _, name := range slices.Sorted(maps.Keys(output)) {
			if field := fieldOfInterval(name); field == "value" || field == "result" {
				fields["result"] = output[name]
			}
		}
	}
	f, isText := stringOf(fields["f"])
	if _, keyed := stringOf(fields["key"]); keyed && !isText {
		names := []string{"get", "put", "append"}
		n, err := strconv.Atoi(string(fields["f"]))
		if err != nil || n < 0 || n >= len(names) {
			return fmt.Errorf("the call's Op is %s, want 0 (get), 1 (put), 2 (append), or its name",
				cmp.Or(string(fields["f"]), "none"))
		}
		f = names[n]
	}
	f = strings.ToLower(f)
	if fields["f"] = appendString(nil, f); f == "get" {
		fields["value"] = null
		if isNull(fields["result"]) {
			fields["result"] = json.RawMessage(`""`)
		}
	}
	return nil
}

// order makes events of calls. What begins and ends at the same time overlaps.
func (s *intervalSource) order(calls []interval) {
	type instant struct {
		at   time.Duration
		ends bool
		call int
	}
	var instants []instant
	var first time.Duration
	for i, c := range calls {
		if i == 0 || c.start < first {
			first = c.start
		}
		instants = append(instants, instant{c.start, false, i})
		if c.end >= 0 {
			instants = append(instants, instant{c.end, true, i})
		}
	}
	slices.SortStableFunc(instants, func(a, b instant) int {
		if a.at == b.at && a.ends != b.ends {
			if a.ends {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.at, b.at)
	})
	free := map[string][]Process{} // processes of a client without a call under way
	var processes Process
	of := make([]Process, len(calls))
	for _, i := range instants {
		c := &calls[i.call]
		op := c.invoke
		if i.ends {
			op = c.done
			if c.done.Kind != Info {
				free[c.client] = append(free[c.client], of[i.call])
			}
		} else if idle := free[c.client]; len(idle) > 0 {
			of[i.call], free[c.client] = idle[len(idle)-1], idle[:len(idle)-1]
		} else {
			of[i.call] = processes
			processes++
		}
		op.Process, op.Time = of[i.call], i.at-first
		s.events, s.lines = append(s.events, op), append(s.lines, c.line)
	}
}
