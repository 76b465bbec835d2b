package weak_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
)

// story reads calls from lines "process f key value → result": one after the other, each a
// millisecond long and a millisecond after the one before; "info" for a result is an unknown
// outcome, heal the end of all faults.
func story(t *testing.T, text string) *history.History {
	t.Helper()
	var ops []history.Op
	add := func(op history.Op) {
		op.Time = time.Duration(len(ops)) * time.Millisecond
		ops = append(ops, op)
	}
	for line := range strings.Lines(strings.TrimSpace(text)) {
		w := strings.Fields(line)
		if w[0] == "heal" {
			add(history.Op{Process: history.Nemesis, F: history.HealAll, Value: raw(nil)})
			add(history.Op{Process: history.Nemesis, F: history.HealAll, Kind: history.Info, Value: raw(nil)})
			continue
		}
		op := history.Op{Process: history.Process(w[0][0] - '0'), F: w[1], Key: w[2], Value: []byte(w[3])}
		add(op)
		op.Kind = history.Ok
		if w[len(w)-1] == "info" {
			op.Kind = history.Info
		} else if len(w) > 4 {
			op.Value = []byte(w[4])
		}
		add(op)
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// One history for each level: the levels that it loses are those named, and no others.
func TestGrades(t *testing.T) {
	for _, c := range []struct{ name, model, calls, lost string }{
		{"nothing wrong", "register", "0 write x 1\n1 read x null 1", ""},
		{"stale read", "register", "0 write x 1\n1 read x null null", "regular safe eventual"},
		{"two processes see two writes in two orders", "register",
			"0 write x 1\n1 write x 2\n2 read x null 1\n2 read x null 2\n3 read x null 2\n3 read x null 1",
			"sequential regular safe eventual"},
		{"what was read is forgotten by its reader's readers", "register",
			"0 write x 1\n1 read x null 1\n1 write y 2\n2 read y null 2\n2 read x null null",
			"sequential causal writes-follow-reads regular safe eventual"},
		{"the later of two writes to two keys is seen alone", "register",
			"0 write x 1\n0 write y 2\n1 read y null 2\n1 read x null null",
			"sequential causal pram monotonic-writes regular safe eventual"},
		{"a reader goes back", "register",
			"0 write x 1\n0 write x 2\n1 read x null 2\n1 read x null 1",
			"sequential causal pram writes-follow-reads monotonic-writes monotonic-reads regular safe eventual"},
		{"a writer does not see what it wrote", "register", "0 write x 1\n0 read x null null",
			"sequential causal pram read-your-writes regular safe eventual"},
		{"each of two writers misses the other's write", "register",
			"0 write x 1\n0 read y null null\n1 write y 1\n1 read x null null", "sequential regular safe eventual"},
		{"a write of unknown outcome explains anything later", "register",
			"0 write x 1\n1 write x 2 info\n2 read x null 1\n2 read x null 2", ""},
		{"an element is lost", "append-list", "0 append x 1\n0 append x 2\n1 read x null [2]", "sequential eventual"},
		{"a list read late", "append-list", "0 append x 1\n0 append x 2\n1 read x null [1]\n1 read x null [1,2]",
			"eventual"},
		{"a sum not yet seen", "counter", "0 add x 1\n1 read x null 0\n1 read x null 1", "eventual"},
		{"a queue out of order", "fifo-queue", "0 enqueue x 1\n0 enqueue x 2\n1 dequeue x null 2", "sequential"},
		{"converged after healing", "register",
			"0 write x 1\n1 read x null null\nheal\n1 read x null 1\n0 read x null 1", "regular safe"},
		{"still apart after healing", "register", "0 write x 1\n1 write x 2\nheal\n1 read x null 1\n0 read x null 2",
			"sequential eventual regular safe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := story(t, c.calls)
			got, err := weak.Strongest(context.Background(), c.model, h, weak.Settle(0))
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, level := range weak.Levels(c.model) {
				if !slices.Contains(strings.Fields(c.lost), level) && !slices.Contains(got.Undecided, level) {
					want = append(want, level)
				}
			}
			if !slices.Equal(got.Holds, want) {
				t.Errorf("holds %v, undecided %v, want %v", got.Holds, got.Undecided, want)
			}
			for _, level := range got.Undecided {
				if level != weak.Eventual || !strings.Contains(c.name, "order") {
					t.Errorf("%s is undecided", level)
				}
			}
		})
	}
}

func TestStaleness(t *testing.T) {
	h := story(t, "0 write x 1\n0 write x 2\n0 write x 3\n1 read x null 1\n1 read x null 2\n1 read x null 3")
	got, err := weak.Strongest(context.Background(), "register", h)
	if err != nil {
		t.Fatal(err)
	}
	// 2 was written at 3 ms and 3 at 5 ms; the reads began at 6 ms and 8 ms.
	want := weak.Staleness{Reads: 2, Time: 3 * time.Millisecond, Versions: 2, Op: 8}
	if got.Staleness == nil || *got.Staleness != want {
		t.Errorf("got %v, want %v", got.Staleness, want)
	}
}

// verdictOf is a checker that answers what it is told.
type verdictOf checker.Verdict

func (verdictOf) Name() string { return "told" }

func (v verdictOf) Check(context.Context, *history.History) checker.Result {
	return checker.Result{Verdict: checker.Verdict(v)}
}

// Grading names what holds of an invalid history only, and changes no verdict.
func TestGraded(t *testing.T) {
	h := story(t, "0 write x 1\n1 read x null null\n1 read x null 1")
	for _, v := range []checker.Verdict{checker.Valid, checker.Unknown, checker.Invalid} {
		got := weak.Graded(verdictOf(v), "register").Check(context.Background(), h)
		if got.Verdict != v || (v == checker.Invalid) != slices.Contains(got.Holds, weak.Sequential) {
			t.Errorf("%v became %v, holds %v", v, got.Verdict, got.Holds)
		}
	}
}

// What cannot be decided is unknown, with a cause.
func TestUnknown(t *testing.T) {
	twice := story(t, "0 write x 1\n1 write x 1\n2 read x null 1")
	if got := verdict(t, weak.Causal, "register", twice); got.Cause != checker.Ambiguous {
		t.Errorf("a value written twice: %v %s", got.Verdict, got.Cause)
	}
	if got := verdict(t, weak.Sequential, "register", twice); got.Verdict != checker.Valid {
		t.Errorf("a value written twice is searched: %v", got.Verdict)
	}
	if got := verdict(t, weak.PRAM, "register", story(t, "0 push x 1")); got.Cause != checker.Malformed {
		t.Errorf("a call of another model: %v %s", got.Verdict, got.Cause)
	}
	if got := verdict(t, weak.Eventual, "register", story(t, "0 write x 1")); got.Cause != checker.TooLittle {
		t.Errorf("nobody read at the end: %v %s", got.Verdict, got.Cause)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, err := weak.New(weak.Causal, "register")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Check(ctx, replicated(rand.New(rand.NewPCG(1, 2)), 3, 2, 5000)); got.Cause != checker.Cancelled {
		t.Errorf("stopped: %v %s", got.Verdict, got.Cause)
	}
}

func TestNew(t *testing.T) {
	for _, c := range [][3]string{
		{"casual", "register", `no consistency "casual", there are sequential, causal,`},
		{weak.Causal, "regsiter", `no model "regsiter", there are register,`},
		{weak.Causal, "mutex", "causal is not defined for mutex, only sequential"},
	} {
		if _, err := weak.New(c[0], c[1]); err == nil || !strings.HasPrefix(err.Error(), c[2]) {
			t.Errorf("New(%s, %s): %v, want %s …", c[0], c[1], err, c[2])
		}
	}
}
