package checker_test

import (
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
)

// TestWhence tells where a value comes from that no call wrote which took effect. Calls are told
// one after the other, "f value" and after → what was returned; ✗ is a failure, with its error. The
// claim that is wanted names its call first.
func TestWhence(t *testing.T) {
	for _, test := range []struct{ name, model, calls, want string }{
		{"a failed write", "register", "write 1; write 2 ✗ timeout; read null → 2",
			"#2 wrote 2 and said that it failed (\"timeout\"): either #4 saw an aborted write, or the recorder " +
				"calls a time-out `fail` where it must be `info`"},
		{"a failed cas", "cas-register", "write 1; cas [1,2] ✗ timeout; read null → 2",
			"#2 wrote 2 and said that it failed"},
		{"a failed write without an error", "register", "write 2 ✗; read null → 2",
			"#0 wrote 2 and said that it failed: either #2 saw"},
		{"a failed add", "set", "add 1; add 2 ✗ timeout; read null → [1,2]", "#2 added 2 and said that it failed"},
		{"a failed enqueue", "fifo-queue", "enqueue 2 ✗ timeout; dequeue null → 2",
			"#0 enqueued 2 and said that it failed"},
		{"a failed push", "stack", "push 1; push 2 ✗ timeout; pop null → 2", "#2 pushed 2 and said that it failed"},
		{"a failed append to a list", "append-list", "append 1; append 2 ✗ timeout; read null → [1,2]",
			"#2 appended 2 and said that it failed"},
		{"a failed append to a text", "kv", `put "a"; append "b" ✗ timeout; get null → "ab"`,
			`#2 appended "b" and said that it failed`},
		{"a failed add to a counter", "counter", "add 1; add 5 ✗ timeout; add 7 ✗ busy; read null → 6",
			"#2 added 5 and said that it failed"},
		{"a failed write that another explains", "register", "write 1; write 2; write 1 ✗ no; read null → 1", ""},
		{"a failed write after the read", "register", "write 1; read null → 2; write 2 ✗ no", ""},
		{"nobody", "register", "write 1; read null → 2", ""},
		{"text and number", "register", `write "3"; read null → 3`,
			`#0 wrote "3", which is another value than 3: was the same meant?`},
		{"a pair and its part", "register", `write 3; read null → ["id",3]`,
			`#0 wrote 3, which is another value than ["id",3]: was the same meant?`},
		{"an element as text", "set", `add 3; read null → ["3"]`,
			`#0 added 3, which is another value than "3": was the same meant?`},
		{"another key", "register", "x write 3; y read null → 3", "#0 wrote 3 too, but to key x"},
		{"key and value exchanged", "register", "7 write 3; 3 read null → 7",
			"#0 wrote 3 to key 7: key and value may be exchanged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := told(t, test.calls)
			judges := map[string]checker.Checker{}
			var err error
			if judges["linearizable"], err = linear.New(test.model, linear.Options{}); err != nil {
				t.Fatal(err)
			}
			if test.model == "register" {
				for _, level := range []string{weak.Causal, weak.Regular} {
					if judges[level], err = weak.New(level, test.model); err != nil {
						t.Fatal(err)
					}
				}
			}
			for level, judge := range judges {
				r := judge.Check(t.Context(), h)
				if r.Verdict != checker.Invalid {
					if strings.HasSuffix(test.name, "explains") {
						continue
					}
					t.Fatalf("%s: %v", level, r.Verdict)
				}
				op, text, _ := strings.Cut(test.want, " ")
				found := false
				for _, c := range r.Evidence[0].Why {
					found = found || strings.HasPrefix(c.Text, text) && "#"+string(rune('0'+c.Op)) == op
					if test.want == "" && (strings.Contains(c.Text, "failed") || strings.Contains(c.Text, "meant")) {
						t.Errorf("%s: blames %+v", level, c)
					}
					if strings.Contains(test.want, "failed") && strings.Contains(c.Text, "nobody") {
						t.Errorf("%s: says %q", level, c.Text)
					}
				}
				if !found && test.want != "" {
					t.Errorf("%s: says %+v, want %q", level, r.Evidence[0].Why, test.want)
				}
			}
		})
	}
}

// told reads the calls of TestWhence, each of a process of its own. A word before the name of a
// call is its key.
func told(t *testing.T, text string) *history.History {
	t.Helper()
	names := map[string]bool{"write": true, "read": true, "cas": true, "add": true, "enqueue": true, "dequeue": true,
		"push": true, "pop": true, "append": true, "put": true, "get": true}
	var ops []history.Op
	for i, line := range strings.Split(text, "; ") {
		w := strings.Fields(line)
		op := history.Op{Process: history.Process(i)}
		if !names[w[0]] {
			op.Key, w = w[0], w[1:]
		}
		op.F, op.Value = w[0], []byte(w[1])
		end := op
		end.Kind = history.Ok
		switch {
		case len(w) > 2 && w[2] == "→":
			end.Value = []byte(w[3])
		case len(w) > 2:
			end.Kind, end.Err = history.Fail, strings.Join(w[3:], " ")
		}
		ops = append(ops, op, end)
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
