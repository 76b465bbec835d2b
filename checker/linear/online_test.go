package linear_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// prefix is a history's first n events.
func prefix(t *testing.T, h *history.History, n int) *history.History {
	t.Helper()
	cut, err := history.New(append([]history.Op(nil), h.Ops[:n]...))
	if err != nil {
		t.Fatal(err)
	}
	return cut
}

// feed gives a history to a judge event by event and returns how many events it took, and the
// verdict.
func feed(t *testing.T, modelName string, h *history.History, look bool) (int, checker.Result) {
	t.Helper()
	o, err := linear.NewOnline(modelName, h.Initial)
	if err != nil {
		t.Fatal(err)
	}
	for i := range h.Ops {
		if !o.Event(&h.Ops[i]) || look && !o.Look(t.Context()) {
			return i + 1, o.End()
		}
	}
	return len(h.Ops), o.End()
}

// Fed event by event, a judge says what Check says of the whole, or that it gave up; and when it
// stops, what it has seen by then is a violation already, whatever would have followed.
func TestOnlineAgreesWithCheck(t *testing.T) {
	for _, subject := range subjects() {
		t.Run(subject.name, func(t *testing.T) {
			t.Parallel()
			count := map[checker.Verdict]int{}
			for seed := range rounds(t, 1200) {
				r := rand.New(rand.NewPCG(uint64(seed), 5))
				s := randomShape(r)
				if seed%8 == 0 {
					s.calls = 10 + r.IntN(60) // long enough for something to be forgotten
				}
				h := randomHistory(r, s, subject.copy)
				batch := check(t, subject.name, linear.Options{Memory: 1 << 22}, h)
				if batch.Verdict == checker.Unknown {
					continue
				}
				seen, got := feed(t, subject.name, h, seed%2 == 0)
				count[got.Verdict]++
				if got.Verdict != batch.Verdict && got.Verdict != checker.Unknown {
					t.Fatalf("seed %d: %v by %s (%s) after %d events, Check says %v by %s:\n%s",
						seed, got.Verdict, got.Method, got.Reason, seen, batch.Verdict, batch.Method, lines(t, h))
				}
				if seen < len(h.Ops) {
					if early := check(t, subject.name, linear.Options{},
						prefix(t, h, seen)); early.Verdict != checker.Invalid {
						t.Fatalf("seed %d: stops after %d events, of which Check says %v:\n%s", seed, seen,
							early.Verdict, lines(t, prefix(t, h, seen)))
					}
				}
			}
			if count[checker.Valid] == 0 || count[checker.Invalid] == 0 ||
				count[checker.Unknown]*20 > count[checker.Valid] && !subject.drains {
				t.Errorf("verdicts %v, want valid and invalid ones, and hardly an unknown one", count)
			}
		})
	}
}

// The types' own algorithms do so alone, over histories long enough for them to forget.
func TestOnlineAgreesAlone(t *testing.T) {
	for _, test := range []struct {
		model string
		copy  func() object
		alone func() linear.Online
	}{
		{"register", func() object {
			return &register{}
		}, func() linear.Online { return linear.Alone(model.Register{}) }},
		{"cas-register", func() object {
			return &register{cas: true}
		}, func() linear.Online { return linear.Alone(model.Register{CAS: true}) }},
		{"fifo-queue", func() object { return &queue{} }, func() linear.Online { return linear.Alone(model.Queue{}) }},
		{"unique-ids", func() object { return &ids{} }, func() linear.Online { return linear.Alone(model.IDs{}) }},
	} {
		t.Run(test.model, func(t *testing.T) {
			t.Parallel()
			count := map[checker.Verdict]int{}
			for seed := range rounds(t, 3000) {
				r := rand.New(rand.NewPCG(uint64(seed), 8))
				s := shape{processes: 2 + r.IntN(4), calls: 5 + r.IntN(30), mutations: r.IntN(3),
					pending: float64(r.IntN(3)) / 20, failed: float64(r.IntN(2)) / 10}
				if seed%3 == 0 {
					s.calls *= 10
				}
				h := randomHistory(r, s, test.copy)
				batch := check(t, test.model, linear.Options{Memory: 1 << 20}, h)
				if batch.Verdict == checker.Unknown {
					continue
				}
				o, seen := test.alone(), 0
				for seen < len(h.Ops) && o.Event(&h.Ops[seen]) {
					seen++
				}
				got := o.End()
				count[got.Verdict]++
				if got.Verdict != batch.Verdict && got.Verdict != checker.Unknown {
					t.Fatalf("seed %d: %v by %s (%s) after %d events, Check says %v by %s:\n%s",
						seed, got.Verdict, got.Method, got.Reason, seen, batch.Verdict, batch.Method, lines(t, h))
				}
			}
			if count[checker.Valid] == 0 || count[checker.Invalid] == 0 ||
				count[checker.Unknown]*4 > count[checker.Valid] {
				t.Errorf("verdicts %v, want valid and invalid ones, and few unknown ones", count)
			}
		})
	}
}

// The evidence of an online judge is a violation by itself, as that of Check is.
func TestOnlineEvidence(t *testing.T) {
	for name, test := range map[string]struct{ model, history, want string }{
		"a stale read": {
			"register", "0 write 4; 0 ok 4; 0 write 7; 0 ok 7; 1 read; 1 ok 4; 0 write 8; 0 ok 8",
			`stale-read [0 2 4]
#2 wrote 7 and began after #0 ended, so 7 came after 4
#4 began after #2 ended, so it must see 7 or later; 4 was overwritten by #2
`,
		},
		"a value from nowhere": {
			"register", "0 write 4; 0 ok 4; 1 read; 1 ok 5",
			`stale-read [2]
#2 (read → 5) is impossible: nothing that the object may hold by then allows it
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen, got := feed(t, test.model, script(t, test.history), false)
			if got.Verdict != checker.Invalid || len(got.Evidence) != 1 {
				t.Fatalf("%v with %d pieces of evidence after %d events, want invalid with one", got.Verdict,
					len(got.Evidence), seen)
			}
			if told := told(got.Evidence[0]); told != test.want {
				t.Errorf("got\n%swant\n%s", told, test.want)
			}
		})
	}
}

// What an online judge of registers remembers does not grow with the history.
func TestOnlineForgets(t *testing.T) {
	for _, test := range []struct {
		model     string
		processes int
		copy      func() object
	}{
		{"register", 20, func() object { return &register{} }},
		// of more, cas that found another value ask too much
		{"cas-register", 10, func() object { return &register{cas: true} }},
		{"fifo-queue", 20, func() object { return &queue{} }},
	} {
		t.Run(test.model, func(t *testing.T) {
			h := randomHistory(rand.New(rand.NewPCG(1, 6)), shape{processes: test.processes, calls: 20_000}, test.copy)
			o, err := linear.NewOnline(test.model, history.Initial{})
			if err != nil {
				t.Fatal(err)
			}
			most := 0
			for i := range h.Ops {
				if !o.Event(&h.Ops[i]) {
					t.Fatalf("event %d makes a correct history invalid: %v", i, o.End().Evidence)
				}
				if i%1000 == 0 {
					most = max(most, linear.Remembered(o))
				}
			}
			if got := o.End(); got.Verdict != checker.Valid || most > 1000 {
				t.Errorf("%v (%s), and %d values remembered at once, want valid with at most 1000", got.Verdict,
					got.Reason, most)
			}
		})
	}
}

func ExampleNewOnline() {
	o, err := linear.NewOnline("register", history.Initial{})
	if err != nil {
		fmt.Println(err)
		return
	}
	event := func(p history.Process, kind history.Kind, f, value string) bool {
		return o.Event(&history.Op{Process: p, Kind: kind, F: f, Value: []byte(value)})
	}
	event(0, history.Invoke, "write", "4")
	event(0, history.Ok, "write", "4")
	event(1, history.Invoke, "read", "null")
	fmt.Println(event(1, history.Ok, "read", "5"))
	fmt.Println(o.End().Verdict)
	// Output:
	// false
	// invalid
}

// BenchmarkOnline feeds a million calls of 20 clients on one register.
func BenchmarkOnline(b *testing.B) {
	h := randomHistory(rand.New(rand.NewPCG(7, 7)), shape{processes: 20, calls: 100_000, pending: 0.01}, func() object {
		return &register{}
	})
	b.ReportAllocs()
	for b.Loop() {
		o, err := linear.NewOnline("register", history.Initial{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range h.Ops {
			o.Event(&h.Ops[i])
		}
		if got := o.End(); got.Verdict != checker.Valid {
			b.Fatal(got.Verdict, got.Reason)
		}
	}
}

// A call that hangs does not put the verdict off: Look finds the violation at the event that makes
// it certain.
func TestLookDoesNotWaitForCallsUnderWay(t *testing.T) {
	for name, tt := range map[string]struct{ model, events string }{
		"a lock held twice": {"mutex", `
			{"process":9,"type":"invoke","f":"acquire","value":null}
			{"process":0,"type":"invoke","f":"acquire","value":null}
			{"process":0,"type":"ok","f":"acquire","value":null}
			{"process":1,"type":"invoke","f":"acquire","value":null}
			{"process":1,"type":"ok","f":"acquire","value":null}`},
		"a sum that falls": {"counter", `
			{"process":9,"type":"invoke","f":"add","value":1}
			{"process":0,"type":"invoke","f":"add","value":5}
			{"process":0,"type":"ok","f":"add","value":5}
			{"process":1,"type":"invoke","f":"read","value":null}
			{"process":1,"type":"ok","f":"read","value":4}`},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := history.Read(strings.NewReader(tt.events))
			if err != nil {
				t.Fatal(err)
			}
			o, err := linear.NewOnline(tt.model, history.Initial{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range h.Ops {
				if !o.Event(&h.Ops[i]) {
					t.Fatalf("event %d needs no look", i)
				}
				if possible, last := o.Look(t.Context()), i == len(h.Ops)-1; possible == last {
					t.Errorf("possible after event %d: %v", i, possible)
				}
			}
			if got := o.End(); got.Verdict != checker.Invalid {
				t.Errorf("%v at the end", got.Verdict)
			}
		})
	}
}
