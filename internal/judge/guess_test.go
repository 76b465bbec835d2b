package judge

import (
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/history"
)

// The calls and their results tell the model, and where they do not, which models are possible.
func TestPossibleModels(t *testing.T) {
	for _, test := range []struct {
		call, value, result string // the last call, behind calls that are given
		before              string
		want                []string
	}{
		{"add", "1", "1", "", []string{"set", "counter"}},
		{"add", `"a"`, `"a"`, "", []string{"set"}},
		{"read", "null", "[1]", "add", []string{"set"}},
		{"read", "null", "1", "add", []string{"counter"}},
		{"read", "null", "{}", "add", nil},
		{"read", "null", "1", "", []string{"register", "counter"}},
		{"read", "null", "[]", "", []string{"register", "set", "append-list"}},
		{"read", "null", `{"a":1}`, "", []string{"register", "bank"}},
		{"read", "null", "[1]", "append", []string{"append-list"}},
		{"read", "null", "1", "write", []string{"register"}},
		{"acquire", "null", "null", "", []string{"mutex"}},
		{"acquire", "null", "4", "", []string{"fenced-mutex"}},
		{"acquire", `"door"`, `"door"`, "", nil},
		{"release", "null", "null", "", []string{"mutex", "fenced-mutex"}},
		{"dequeue", "null", "4", "", []string{"fifo-queue"}},
		{"pop", "null", "4", "", []string{"stack"}},
		{"remove", "4", "4", "add", []string{"set"}},
		{"txn", `[["r",1,null]]`, `[["r",1,[2]]]`, "", []string{"list-append", "rw-register"}},
		{"txn", `[["r",1,null]]`, `[["r",1,2]]`, "", []string{"rw-register"}},
		{"txn", `[["r",1],["w",1,2]]`, `[["r",1],["w",1,2]]`, "", []string{"rw-register"}},
		{"txn", `[["write","x",1]]`, `[["write","x",1]]`, "", []string{"multi-register"}},
		{"txn", `[["read","x",null],["r","y"]]`, `[["read","x",1],["r","y",2]]`, "", []string{"multi-register"}},
		{"read", `[["r","x",null]]`, `[["r","x",1]]`, "", []string{"multi-register"}},
		{"read", `{"x":null,"y":null}`, `{"x":1,"y":2}`, "", []string{"multi-register"}},
		{"write", `[["w","x",1],["w","y",1]]`, `[["w","x",1],["w","y",1]]`, "", []string{"multi-register"}},
		{"write", `{"x":1}`, `{"x":1}`, "", []string{"register"}},
		{"txn", `[["r","x",null]]`, `[["r","x",1]]`, "write", []string{"multi-register"}},
		{"drain", "null", "[1]", "enqueue", []string{"fifo-queue", "unordered-queue"}},
		{"frobnicate", "null", "1", "", nil},
	} {
		var lines []string
		if test.before != "" {
			lines = append(
				lines,
				`{"process":0,"type":"invoke","f":"`+test.before+`","value":1}`,
				`{"process":0,"type":"ok","f":"`+test.before+`","value":1}`,
			)
		}
		lines = append(
			lines,
			`{"process":0,"type":"invoke","f":"`+test.call+`","value":`+test.value+`}`,
			`{"process":0,"type":"ok","f":"`+test.call+`","value":`+test.result+`}`,
		)
		h, err := history.Read(strings.NewReader(strings.Join(lines, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		if got := possibleModels(h); !slices.Equal(got, test.want) {
			t.Errorf(
				"%s %s → %s after %q: %q, want %q",
				test.call,
				test.value,
				test.result,
				test.before,
				got,
				test.want,
			)
		}
	}
}
