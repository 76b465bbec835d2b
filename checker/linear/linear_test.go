package linear_test

import (
	"bytes"
	"context"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

func TestMain(m *testing.M) {
	// a cell of the table: Porcupine, stopped at the limit, leaves goroutines behind
	if os.Getenv("SPLITVOTE_CELL") != "" {
		os.Exit(m.Run())
	}
	// see TestGoexitIsNoAnswer
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/anishathalye/porcupine.checkParallel"))
}

func read(t *testing.T, text string) *history.History {
	t.Helper()
	h, err := history.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func check(t *testing.T, modelName string, opts linear.Options, h *history.History) checker.Result {
	t.Helper()
	c, err := linear.New(modelName, opts)
	if err != nil {
		t.Fatal(err)
	}
	return c.Check(context.Background(), h)
}

func TestEveryModelHasAChecker(t *testing.T) {
	for _, name := range model.Names() {
		if got := check(t, name, linear.Options{}, read(t, "")); got.Verdict != checker.Valid {
			t.Errorf("%s: an empty history is %v (%s), want valid", name, got.Verdict, got.Reason)
		}
	}
	if _, err := linear.New("regsiter", linear.Options{}); err == nil ||
		!strings.HasPrefix(err.Error(), `no model "regsiter", there are register,`) {
		t.Errorf("error %v, want the names there are", err)
	}
	if _, err := linear.New("register", linear.Options{Engine: "magic"}); err == nil {
		t.Error("an engine that does not exist is accepted")
	}
}

func TestMalformedHistoriesAreUnknown(t *testing.T) {
	h := read(t, `{"process":0,"type":"invoke","f":"cas","value":3}`+"\n")
	got := check(t, "cas-register", linear.Options{}, h)
	if got.Verdict != checker.Unknown || got.Cause != checker.Malformed ||
		got.Reason != "event 0: cas wants [old, new], has 3" {
		t.Errorf("%v %s %q", got.Verdict, got.Cause, got.Reason)
	}
}

// A history that several processors read, a share each, is judged as by one: a key may begin in any
// share, its calls lie in all of them, and what is wrong is told of the same calls.
func TestSharesAreReadAsOne(t *testing.T) {
	const calls = 40_000
	for _, keys := range []int{0, 7, 5_000} {
		for _, invalid := range []bool{false, true} {
			h := cell{clients: 6, keys: keys, calls: calls, pending: 0.01, invalid: invalid}.history(func() object {
				return &register{}
			})
			var by []checker.Result
			for _, processors := range []int{1, 2, 3} {
				before := runtime.GOMAXPROCS(processors)
				got := check(t, "register", linear.Options{}, h)
				runtime.GOMAXPROCS(before)
				got.Took = 0
				by = append(by, got)
			}
			if by[0].Verdict != map[bool]checker.Verdict{false: checker.Valid, true: checker.Invalid}[invalid] {
				t.Errorf("%d keys: %v", keys, by[0].Verdict)
			}
			for _, got := range by[1:] {
				if !reflect.DeepEqual(got, by[0]) {
					t.Errorf("%d keys: one processor says\n%+v, several say\n%+v", keys, by[0], got)
				}
			}
		}
	}
}

// hard is a history that no search decides soon: thirty writes are under way at once all the time,
// and the reads between them leave open in which order they took effect.
func hard() *history.History {
	var ops []history.Op
	call := func(kind history.Kind, p int, f string, v any) {
		ops = append(ops, history.Op{Process: history.Process(p), Kind: kind, F: f, Value: raw(v)})
	}
	for round := range 100 {
		for p := range 30 {
			call(history.Invoke, p, "write", round*30+p)
		}
		for p := 30; p < 60; p++ {
			call(history.Invoke, p, "read", nil)
		}
		for p := 30; p < 60; p++ {
			call(history.Ok, p, "read", round*30+(p*7)%30)
		}
		for p := range 30 {
			call(history.Ok, p, "write", round*30+p)
		}
	}
	call(history.Invoke, 0, "write", 1) // a second time, so that zones cannot help
	call(history.Invoke, 1, "read", nil)
	call(history.Ok, 1, "read", 5)
	h, err := history.New(ops)
	if err != nil {
		panic(err)
	}
	return h
}

func TestLimitsAreKept(t *testing.T) {
	h := hard()
	for _, engine := range []linear.Engine{linear.Search, linear.Porcupine} {
		got := check(t, "cas-register", linear.Options{Engine: engine, Timeout: 400 * time.Millisecond}, h)
		if got.Verdict != checker.Unknown || got.Cause != checker.Timeout {
			t.Errorf("%s with a time limit: %v %s by %s", engine, got.Verdict, got.Cause, got.Method)
		}
		if progress := strings.Contains(got.Reason,
			"completed calls are linearizable"); progress != (engine == linear.Search) {
			t.Errorf("%s with a time limit: %q", engine, got.Reason)
		}
		got = check(t, "cas-register", linear.Options{Engine: engine, Memory: 1 << 20}, h)
		if got.Verdict != checker.Unknown || got.Cause != checker.Memory {
			t.Errorf("%s with a memory limit: %v %s by %s", engine, got.Verdict, got.Cause, got.Method)
		}
		c, err := linear.New("cas-register", linear.Options{Engine: engine})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if got := c.Check(ctx, h); got.Verdict != checker.Unknown || got.Cause != checker.Cancelled {
			t.Errorf("%s when stopped: %v %s by %s", engine, got.Verdict, got.Cause, got.Method)
		}
	}
}

// touchy is a register that panics at 13.
type touchy struct{ model.Register }

func (m touchy) Step(next []model.Value, s model.Value, in model.RegisterCall, out *model.Value) []model.Value {
	if in.Value == "13" {
		panic("unlucky")
	}
	return m.Register.Step(next, s, in, out)
}

func TestPanicsAreUnknown(t *testing.T) {
	h := read(t, `{"process":0,"type":"invoke","f":"write","value":13}
{"process":0,"type":"ok","f":"write","value":13}
`)
	for _, engine := range []linear.Engine{linear.Auto, linear.Search, linear.Porcupine} {
		got := linear.Check(context.Background(), touchy{}, h, linear.Options{Engine: engine})
		if got.Verdict != checker.Unknown || got.Cause != checker.Panicked || !strings.Contains(got.Reason, "unlucky") {
			t.Errorf("%s: %v %s %q", engine, got.Verdict, got.Cause, got.Reason)
		}
	}
}

// shy is a register that cannot describe what it does.
type shy struct{ model.Register }

func (shy) Describe(model.RegisterCall, *model.Value) string { panic("no words") }

// L5: explaining changes no verdict, even if it fails.
func TestPanicsOfExplanationsChangeNothing(t *testing.T) {
	h := read(t, `{"process":0,"type":"invoke","f":"write","value":1}
{"process":0,"type":"ok","f":"write","value":1}
{"process":0,"type":"invoke","f":"read"}
{"process":0,"type":"ok","f":"read","value":2}
`)
	got := linear.Check(context.Background(), shy{}, h, linear.Options{})
	if got.Verdict != checker.Invalid || len(got.Evidence) != 1 ||
		!strings.Contains(got.Evidence[0].Summary, "no words") {
		t.Errorf("%v %s %q with %v", got.Verdict, got.Cause, got.Reason, got.Evidence)
	}
}

func TestVisualize(t *testing.T) {
	h := read(t, `{"process":0,"type":"invoke","f":"write","key":"x","value":7}
{"process":0,"type":"ok","f":"write","key":"x","value":7}
{"process":1,"type":"invoke","f":"read","key":"x"}
{"process":1,"type":"ok","f":"read","key":"x","value":4}
`)
	var page bytes.Buffer
	if err := linear.Visualize(context.Background(), &page, "register", h); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<html", "write 7", "#2 x"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := linear.Visualize(ctx, &page, "register", h); err == nil {
		t.Error("a drawing that was stopped is no error")
	}
}
