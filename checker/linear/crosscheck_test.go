package linear_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// subject is a model with a correct copy of its object and the judgement by definition.
type subject struct {
	name       string
	copy       func() object
	brute      func(*history.History) bool
	projection func(h *history.History, keep func(int) bool) (legal bool)
	decides    func(*history.History) bool
	minimal    func(*history.History) bool
	drains     bool // which are judged only at the end
}

func of[S, In, Out any](m model.Model[S, In, Out], newObject func() object) subject {
	return subject{
		m.Name(), newObject,
		func(h *history.History) bool { return brute(m, h) },
		func(h *history.History, keep func(int) bool) bool { return linear.Projection(m, h, keep) },
		func(h *history.History) bool { return linear.Decides(m, h) },
		func(h *history.History) bool { return linear.Minimal(m, h) },
		false,
	}
}

func drained(s subject) subject {
	s.drains = true
	return s
}

func subjects() []subject {
	return []subject{
		of(model.Register{}, func() object { return &register{} }),
		of(model.Register{CAS: true}, func() object { return &register{cas: true} }),
		of(model.MultiRegister{}, func() object { return &multiRegister{} }),
		of(model.Set{}, func() object { return &set{} }),
		of(model.Set{}, func() object { return &set{grows: true} }),
		of(model.Queue{}, func() object { return &queue{} }),
		drained(of(model.Queue{}, func() object { return &queue{drains: true} })),
		of(model.Bag{}, func() object { return &queue{bag: true} }),
		drained(of(model.Bag{}, func() object { return &queue{bag: true, drains: true} })),
		of(model.Stack{}, func() object { return &queue{stack: true} }),
		of(model.Counter{}, func() object { return &counter{} }),
		of(model.Counter{}, func() object { return &counter{unit: true} }),
		of(model.Mutex{}, func() object { return &mutex{} }),
		of(model.Mutex{Fenced: true}, func() object { return &mutex{fenced: true} }),
		of(model.AppendList{}, func() object { return &appendList{} }),
		of(model.IDs{}, func() object { return &ids{} }),
		of(model.Text{}, func() object { return &text{} }),
		of(model.Text{}, func() object { return &text{loose: true} }),
	}
}

// enough bytes hold all configurations of a small history, many times over: an engine that needs
// more does not agree.
const enough = 1 << 26

// usual is how many random small histories every engine and brute force look at for each model. In
// the long form (make cross-check) SPLITVOTE_ROUNDS says how many.
const usual = 3000

// rounds is how many random histories a test looks at for each model: short by default, in the long
// form more in proportion.
func rounds(t *testing.T, short int) int {
	n, err := strconv.Atoi(os.Getenv("SPLITVOTE_ROUNDS"))
	if err != nil && slow && short >= usual {
		return short / 3 // they are the same histories as without the race detector
	}
	if err != nil {
		return short
	}
	n = int(int64(n) * int64(short) / usual)
	t.Logf("%d rounds a model", n)
	return n
}

// randomShape draws a shape that brute force can still decide.
func randomShape(r *rand.Rand) shape {
	s := shape{processes: 2 + r.IntN(3), calls: 2 + r.IntN(7), mutations: r.IntN(4)}
	if r.IntN(3) == 0 {
		s.domain = 1 + r.IntN(3)
	}
	if r.IntN(2) == 0 {
		s.pending = r.Float64() * 0.5
	}
	if r.IntN(4) == 0 {
		s.failed = 0.2
	}
	if r.IntN(5) == 0 {
		s.keys = 2
	}
	return s
}

// Every engine agrees with the definition on random small histories of every model: valid and
// mutated, with unknown and failed outcomes, values written more than once, and ties in time. Only
// drains of a FIFO queue leave repeated values open.
func TestEnginesAgreeWithBruteForce(t *testing.T) {
	engines := []linear.Engine{linear.Auto, linear.Search, linear.Porcupine}
	for _, subject := range subjects() {
		t.Run(subject.name, func(t *testing.T) {
			t.Parallel()
			count := map[bool]int{}
			for seed := range rounds(t, usual) {
				r := rand.New(rand.NewPCG(uint64(seed), 0))
				h := randomHistory(r, randomShape(r), subject.copy)
				want := checker.Invalid
				valid := subject.brute(h)
				if valid {
					want = checker.Valid
				}
				count[valid]++
				for _, engine := range engines {
					c, err := linear.New(subject.name, linear.Options{Engine: engine, Workers: 1, Memory: enough})
					if err != nil {
						t.Fatal(err)
					}
					if got := c.Check(context.Background(), h); got.Verdict != want && got.Cause != checker.Ambiguous {
						t.Fatalf("seed %d: %s says %v by %s (%s), want %v:\n%s", seed, engine, got.Verdict, got.Method,
							got.Reason, want, lines(t, h))
					}
				}
			}
			if count[true] == 0 || count[false] == 0 {
				t.Errorf("%d valid and %d invalid histories, want both", count[true], count[false])
			}
		})
	}
}

// The types' own algorithms agree with the search where brute force is out of reach: more values,
// deeper nesting, longer chains.
func TestEnginesAgreeOnLongerHistories(t *testing.T) {
	for _, subject := range subjects() {
		t.Run(subject.name, func(t *testing.T) {
			t.Parallel()
			for seed := range rounds(t, 300) {
				r := rand.New(rand.NewPCG(uint64(seed), 4))
				s := randomShape(r)
				s.calls = 10 + r.IntN(15)
				h := randomHistory(r, s, subject.copy)
				auto := check(t, subject.name, linear.Options{Memory: enough}, h)
				search := check(t, subject.name, linear.Options{Engine: linear.Search, Memory: 1 << 20}, h)
				if auto.Verdict != search.Verdict && search.Verdict != checker.Unknown {
					t.Fatalf("seed %d: %v by %s, %v by search:\n%s", seed, auto.Verdict, auto.Method, search.Verdict,
						lines(t, h))
				}
			}
		})
	}
}

// Whatever is left out of a linearizable history by the rules of its type, what remains is
// linearizable: a witness never accuses a history of what it does not do.
func TestProjectionsOfValidHistoriesAreValid(t *testing.T) {
	for _, subject := range subjects() {
		t.Run(subject.name, func(t *testing.T) {
			t.Parallel()
			for seed := range rounds(t, 1000) {
				r := rand.New(rand.NewPCG(uint64(seed), 1))
				s := randomShape(r)
				s.mutations = 0
				h := randomHistory(r, s, subject.copy)
				keep := r.Uint64() | r.Uint64()
				if !subject.projection(h, func(i int) bool { return keep>>i&1 == 1 }) {
					t.Fatalf("seed %d: without %b a violation appears in\n%s", seed, ^keep&(1<<s.calls-1), lines(t, h))
				}
			}
		})
	}
}

// No call can be left out of a witness.
func TestWitnessesAreMinimal(t *testing.T) {
	for _, subject := range subjects() {
		t.Run(subject.name, func(t *testing.T) {
			t.Parallel()
			for seed := range rounds(t, 300) {
				r := rand.New(rand.NewPCG(uint64(seed), 2))
				s := randomShape(r)
				s.calls += 10
				s.mutations += 2
				if h := randomHistory(r, s, subject.copy); !subject.minimal(h) {
					t.Fatalf("seed %d: the witness is no violation, or not minimal:\n%s", seed, lines(t, h))
				}
			}
		})
	}
}

// The types' own algorithms decide most histories of the kind that workloads make, in which every
// value is new.
func TestOwnAlgorithmsApply(t *testing.T) {
	looked := map[string]bool{}
	for _, subject := range subjects() {
		least, has := decidedShare[subject.name]
		if !has || looked[subject.name] {
			continue // a second kind of texts
		}
		looked[subject.name] = true
		decided, rounds := 0, 200
		for seed := range rounds {
			r := rand.New(rand.NewPCG(uint64(seed), 3))
			h := randomHistory(r, shape{processes: 5, calls: 40, pending: 0.1, mutations: seed % 3}, subject.copy)
			if subject.decides(h) {
				decided++
			}
		}
		if float64(decided) < least*float64(rounds) {
			t.Errorf("%s: decides %d of %d, want a share of %v", subject.name, decided, rounds, least)
		}
	}
}

// decidedShare is the share of such histories that a model's own algorithm decides at least. A pop
// with unknown outcome may leave a stack to the search, and a cas that found another value a
// register.
var decidedShare = map[string]float64{
	"register": 1, "cas-register": 0.97, "fifo-queue": 0.95, "unordered-queue": 1, "stack": 0.9, "mutex": 1,
	"fenced-mutex": 1, "append-list": 1, "unique-ids": 1, "kv": 1,
}

func lines(t *testing.T, h *history.History) string {
	t.Helper()
	var b bytes.Buffer
	if err := history.Write(&b, h); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
