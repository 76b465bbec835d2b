package txn_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/histories"
	"github.com/splitvote/splitvote/history"
)

// beyond are anomalies that Adya's definitions do not know: no execution whatever has them.
var beyond = map[string]bool{"value-from-nowhere": true, "duplicate-elements": true}

// The verdicts of the corpus are those of the definitions, level by level, tried out without the
// checker.
func TestCorpusAgreesWithDefinitions(t *testing.T) {
	files, err := histories.AllTransactions()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file.Model == txn.Bank || len(file.Anomalies) > 0 && beyond[file.Anomalies[0]] {
			continue
		}
		h, err := history.Read(bytes.NewReader(file.Data))
		if err != nil {
			t.Fatal(err)
		}
		holds := oracleOf(t, file.Model, h).anyLevels()
		for level, want := range file.Expect {
			if got := map[bool]string{true: "valid", false: "invalid"}[holds[level]]; got != want {
				t.Errorf("%s: %s is %s by definition, %s by the header", file.Name, level, got, want)
			}
		}
	}
}

// oracleOf reads a history for the oracle, whose keys are numbers and whose values are unique over
// all keys.
func oracleOf(t *testing.T, model string, h *history.History) *oracle {
	t.Helper()
	o := &oracle{register: model == txn.RWRegister}
	keys, values := map[string]int{}, map[string]int{}
	number := func(in map[string]int, name string) int {
		if _, known := in[name]; !known {
			in[name] = len(in) + 1
		}
		return in[name]
	}
	results := map[[2]int]json.RawMessage{} // of predicate reads, by transaction and number
	for _, c := range h.Calls() {
		all := 0
		x := small{process: int(h.Invocation(c).Process), kind: h.Kind(c), begin: c.Invoke, end: c.Complete}
		text := h.Invocation(c).Value
		if x.kind == history.Ok {
			text = h.Completion(c).Value
		}
		var ops [][]json.RawMessage
		if err := json.Unmarshal(text, &ops); err != nil {
			t.Fatal(err)
		}
		for _, op := range ops {
			if string(op[0]) == `"rp"` { // its keys once all are known
				all++
				x.ops = append(x.ops, smallOp{all: all})
				results[[2]int{len(o.txns), all}] = op[2]
				continue
			}
			key := string(op[1])
			s := smallOp{write: string(op[0]) != `"r"`, key: number(keys, key) - 1}
			var list, begins []json.RawMessage
			initial := h.Initial.Of(bareName(key))
			switch {
			case s.write:
				s.value = number(values, key+string(op[2]))
			case o.register && (string(op[2]) == string(initial) || initial == nil && string(op[2]) == "null"):
			case o.register:
				list = op[2:]
			default:
				if err := json.Unmarshal(op[2], &list); err != nil {
					t.Fatal(err)
				}
				if initial != nil {
					if err := json.Unmarshal(initial, &begins); err != nil {
						t.Fatal(err)
					}
				}
				list = list[len(begins):]
			}
			for _, v := range list {
				s.list = append(s.list, number(values, key+string(v)))
			}
			x.ops = append(x.ops, s)
		}
		o.txns = append(o.txns, x)
	}
	o.keys = len(keys)
	for i := range o.txns {
		x := &o.txns[i]
		var ops []smallOp
		for _, op := range x.ops {
			if op.all == 0 {
				ops = append(ops, op)
				continue
			}
			found := map[string]json.RawMessage{}
			if err := json.Unmarshal(results[[2]int{i, op.all}], &found); err != nil {
				t.Fatal(err)
			}
			for key, k := range keys {
				read := smallOp{key: k - 1, all: op.all}
				if v, ok := found[bareName(key)]; ok {
					list := []json.RawMessage{v}
					if !o.register {
						if err := json.Unmarshal(v, &list); err != nil {
							t.Fatal(err)
						}
					}
					for _, v := range list {
						read.list = append(read.list, number(values, key+string(v)))
					}
				}
				ops = append(ops, read)
			}
		}
		x.ops = ops
	}
	return o
}

// bareName is how a result of a predicate read names a key.
func bareName(key string) string {
	var name string
	if json.Unmarshal([]byte(key), &name) == nil {
		return name
	}
	return key
}
