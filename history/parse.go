package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// parseOp reads an event in JSON that is not of the common shape, and reports why a line is not an
// event. What only the events before can tell is left to [pairing]; see [unsettled].
func parseOp(line []byte) (Op, error) {
	if err := checkDepth(line, 0); err != nil {
		return Op{}, err
	}
	var raw struct {
		Time    json.RawMessage `json:"time"`
		Process json.RawMessage `json:"process"`
		Kind    json.RawMessage `json:"type"`
		Final   json.RawMessage `json:"final"`
		F       json.RawMessage `json:"f"`
		Key     json.RawMessage `json:"key"`
		Value   json.RawMessage `json:"value"`
		Node    json.RawMessage `json:"node"`
		Err     json.RawMessage `json:"error"`
	}
	if err := decodeObject(line, &raw); err != nil {
		return Op{}, err
	}
	op, open := Op{Value: null}, unsettled{}
	if raw.Value != nil {
		op.Value = raw.Value
	}
	if isNull(raw.F) && isTransaction(op.Value) {
		raw.F = json.RawMessage(`"txn"`)
	}
	switch {
	case isNull(raw.Kind):
		return Op{}, errors.New("an event needs a type")
	case isNull(raw.F) || string(raw.F) == `""`:
		return Op{}, errors.New("an event needs an f")
	}
	kind, isText := stringOf(raw.Kind)
	if !isText || op.Kind.UnmarshalText([]byte(kind)) != nil {
		return Op{}, fmt.Errorf("type is %s, want invoke, ok, fail or info", raw.Kind)
	}
	if op.F, isText = stringOf(raw.F); !isText {
		return Op{}, fmt.Errorf("f is %s, want text", raw.F)
	}
	var err error
	switch {
	case isNull(raw.Process) && withoutProcess(&op):
		op.Process = noProcess
	case isNull(raw.Process):
		return Op{}, errProcess
	default:
		if op.Process, open.Process, err = parseProcess(textOfJSON(raw.Process)); err != nil {
			return Op{}, err
		}
	}
	if op.Time, open.Clock, err = parseTime(textOfJSON(raw.Time)); err != nil {
		return Op{}, err
	}
	switch string(raw.Final) {
	case "true":
		op.Final = true
	case "false", "null", "":
	default:
		return Op{}, fmt.Errorf("final is %s, want true or false", raw.Final)
	}
	op.Node, op.Err = NodeID(textOfJSON(raw.Node)), textOfJSON(raw.Err)
	if op.Key, isText = stringOf(raw.Key); !isText && !isNull(raw.Key) {
		open.Key = canonicalJSON(raw.Key)
	}
	open.in(&op)
	return op, nil
}

// decodeObject decodes an object whose fields are of any kind, so that only what is no object of
// JSON is an error.
func decodeObject(line []byte, into any) error {
	err := json.Unmarshal(line, into)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("an event is an object, not %.40s", line)
	}
	return err
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// stringOf is a string; false for anything else.
func stringOf(raw json.RawMessage) (text string, ok bool) {
	ok = len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &text) == nil
	return text, ok
}

// textOfJSON is a string as it stands, nothing for null, and JSON for anything else.
func textOfJSON(raw json.RawMessage) string {
	if text, ok := stringOf(raw); ok || isNull(raw) {
		return text
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return string(raw)
	}
	return compact.String()
}

// canonicalJSON is the text that equal values share.
func canonicalJSON(raw json.RawMessage) string {
	v, err := decodeJSON(raw)
	if n, ok := v.(json.Number); ok {
		if f, err := n.Float64(); err == nil && strings.ContainsAny(string(n), ".eE") && f == math.Trunc(f) &&
			math.Abs(f) < 1<<53 {
			return strconv.FormatInt(int64(f), 10)
		}
	}
	text, bad := json.Marshal(v)
	if err != nil || bad != nil {
		return string(raw)
	}
	return string(text)
}

// isTransaction says whether a value is a list of micro-operations, or the empty one.
func isTransaction(value json.RawMessage) bool {
	var micros [][]json.RawMessage
	if isNull(value) || json.Unmarshal(value, &micros) != nil {
		return false
	}
	for _, m := range micros {
		if len(m) < 2 || m[0][0] != '"' {
			return false
		}
	}
	return true
}

// parseProcess reads a process: its number, or its text where it has another kind of name.
func parseProcess(text string) (p Process, name string, err error) {
	if text == "nemesis" || text == ":nemesis" {
		return Nemesis, "", nil
	}
	n, bad := strconv.ParseInt(text, 10, 64)
	switch {
	case bad == nil && n >= 0:
		return Process(n), "", nil
	case text == "" || strings.ContainsAny(text[:1], "-+0123456789.[{"):
		return 0, "", fmt.Errorf("process is %s, want a number from 0, a name or nemesis", text)
	}
	return 0, text, nil
}

// parseTime reads nanoseconds, maybe with a fraction, or a time of day as RFC 3339 has it.
func parseTime(text string) (t time.Duration, clock bool, err error) {
	if text == "" {
		return 0, false, nil
	}
	if ns, err := strconv.ParseInt(text, 10, 64); err == nil && ns >= 0 {
		return time.Duration(ns), false, nil
	}
	if ns, err := strconv.ParseFloat(text, 64); err == nil && ns >= 0 && ns < math.MaxInt64 {
		return time.Duration(ns), false, nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil && at.Year() >= 1970 && at.Year() < 2200 {
		return time.Duration(at.UnixNano()), true, nil
	}
	return 0, false, fmt.Errorf("time is %s, want nanoseconds from 0 or as 2024-05-06T07:08:09.123Z", text)
}
