package linear_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
)

// row is a line of the table of performance: a history, and who judges it.
type row struct {
	Model    string
	Clients  int
	Keys     int
	Calls    int
	Pending  float64
	Invalid  bool
	Unit     bool // a counter that is counted up by one
	Recorded bool // Porcupine is given the recorded history, and not its operations
	Judge    string
}

// The judges of the table. Porcupine gets models as its users write them.
const (
	own       = "splitvote"
	unchanged = "splitvote, Porcupine model"
	theirs    = "Porcupine"
	file      = "file to verdict"
	decoder   = "encoding/json"
)

// The limits of a cell. Who reaches one did not finish.
const (
	mostTime   = time.Minute
	mostMemory = 8 << 30
)

func rows() []row {
	var all []row
	for _, invalid := range []bool{false, true} {
		single := row{Model: "register", Clients: 20, Pending: 0.05, Invalid: invalid, Recorded: true}
		all = append(all, single.of(1_000_000, own), single.of(10_000, theirs))
	}
	keys := row{Model: "register", Clients: 20, Keys: 100, Recorded: true}
	all = append(all, keys.of(1_000_000, own), keys.of(1_000_000, theirs))
	for _, invalid := range []bool{false, true} {
		all = append(all, row{Model: "cas-register", Clients: 20, Invalid: invalid}.of(1_000_000, own),
			row{Model: "fifo-queue", Clients: 5, Invalid: invalid}.of(1_000_000, own))
	}
	for _, invalid := range []bool{false, true} {
		users := row{Model: "register", Clients: 5, Invalid: invalid}
		all = append(all, users.of(100_000, unchanged), users.of(100_000, theirs))
	}
	all = append(all, row{Model: "register", Clients: 20, Keys: 100}.of(1_000_000, decoder),
		row{Model: "register", Clients: 20, Keys: 100}.of(1_000_000, file))
	seen := map[string]bool{}
	for _, s := range subjects() {
		if seen[s.name] {
			continue // a second kind of set or counter
		}
		seen[s.name] = true
		r := row{Model: s.name, Clients: 5, Keys: 10, Calls: 100_000, Unit: s.name == "counter"}
		if s.name == "append-list" || s.name == "set" {
			r.Keys = 1000 // every read is as long as the list
		}
		for _, r.Pending = range []float64{0, 0.05} {
			all = append(all, r.of(r.Calls, own))
		}
	}
	return all
}

func (r row) of(calls int, judge string) row {
	r.Calls, r.Judge = calls, judge
	return r
}

func (r row) String() string {
	text := fmt.Sprintf("%s, %s calls, %d clients", r.Model, power(r.Calls), r.Clients)
	if r.Keys > 1 {
		text += fmt.Sprintf(", %d keys", r.Keys)
	}
	if r.Pending > 0 {
		text += fmt.Sprintf(", %.0f %% pending", 100*r.Pending)
	}
	if r.Invalid {
		return text + ", invalid"
	}
	return text + ", valid"
}

// power writes 1000000 as 10⁶.
func power(n int) string {
	digits := strconv.Itoa(n)
	if strings.Trim(digits[1:], "0") != "" || digits[0] != '1' {
		return digits
	}
	return "10" + string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[len(digits)-1])
}

// measure is what a cell cost.
type measure struct {
	Verdict checker.Verdict
	Method  string
	Reason  string
	Wall    time.Duration
	CPU     time.Duration
	Peak    int64 // bytes, above what the history takes
	History int64 // bytes
}

// TestTable prints the table of performance (make bench-checker), each cell from a process of its
// own.
func TestTable(t *testing.T) {
	pattern := os.Getenv("SPLITVOTE_TABLE")
	if pattern == "" {
		t.Skip("SPLITVOTE_TABLE is not set: a part of the cells' names, or all")
	}
	fmt.Println("| history | judge | verdict | time | processor time | memory | the history itself " +
		"|\n|---|---|---|---|---|---|---|")
	for _, r := range rows() {
		if name := r.String() + " " + r.Judge; pattern != "all" && !strings.Contains(name, pattern) {
			continue
		}
		m, err := r.apart()
		if err != nil {
			fmt.Printf("| %v | %s | %v | | | | |\n", r, r.Judge, err)
			continue
		}
		fmt.Printf("| %v | %s | %v | %s | %s | %d MB | %d MB |\n", r, r.Judge, m.said(), round(m.Wall), round(m.CPU),
			m.Peak>>20, m.History>>20)
		if want := map[bool]checker.Verdict{false: checker.Valid,
			true: checker.Invalid}[r.Invalid]; m.Verdict != want && m.Verdict != checker.Unknown {
			t.Errorf("%v: %s says %v (%s)", r, r.Judge, m.Verdict, m.Reason)
		}
	}
}

func (m measure) said() string {
	if m.Verdict == checker.Unknown {
		return "not finished"
	}
	if m.Method != "" {
		return m.Verdict.String() + " by " + m.Method
	}
	return m.Verdict.String()
}

func round(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// apart measures a cell in a process of its own, so that no other's garbage counts. One that dies
// did not finish.
func (r row) apart() (measure, error) {
	asked, err := json.Marshal(r)
	if err != nil {
		return measure{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestCell$")
	child.Env = append(os.Environ(), "SPLITVOTE_CELL="+string(asked))
	var out, errs bytes.Buffer
	child.Stdout, child.Stderr = &out, &errs
	if err := child.Run(); err != nil {
		return measure{}, fmt.Errorf("the cell died: %w: %.300s", err, errs.String())
	}
	var m measure
	first, _, _ := strings.Cut(out.String(), "\n")
	return m, json.Unmarshal([]byte(first), &m)
}

// TestCell is the process of one cell.
func TestCell(t *testing.T) {
	asked := os.Getenv("SPLITVOTE_CELL")
	if asked == "" {
		t.Skip("SPLITVOTE_CELL is not set: TestTable sets it")
	}
	var r row
	if err := json.Unmarshal([]byte(asked), &r); err != nil {
		t.Fatal(err)
	}
	answer, err := json.Marshal(r.measure())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(answer))
}

func (r row) measure() measure {
	work := r.prepare()
	runtime.GC()
	debug.FreeOSMemory()
	before := resident("VmRSS:")
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak counts from here
	cpu, start := processorTime(), time.Now()
	m := work()
	m.Wall, m.CPU = time.Since(start), processorTime()-cpu
	m.History, m.Peak = before, resident("VmHWM:")-before
	return m
}

// prepare makes the history, and returns the work to be measured.
func (r row) prepare() func() measure {
	switch r.Judge {
	case theirs, unchanged:
		return r.porcupine()
	}
	var h *history.History
	for _, s := range subjects() {
		if s.name == r.Model {
			copy := s.copy
			if r.Unit {
				copy = func() object { return &counter{unit: true} }
			}
			h = r.history(copy)
			break
		}
	}
	check := func(h *history.History) measure {
		c, err := linear.New(r.Model, linear.Options{Timeout: mostTime})
		if err != nil {
			panic(err)
		}
		got := c.Check(context.Background(), h)
		return measure{Verdict: got.Verdict, Method: got.Method, Reason: got.Reason}
	}
	if r.Judge == own {
		return func() measure { return check(h) }
	}
	var text bytes.Buffer
	if err := history.Write(&text, h); err != nil {
		panic(err)
	}
	if r.Judge == decoder {
		return func() measure {
			in := json.NewDecoder(&text)
			for in.More() {
				var op history.Op
				if err := in.Decode(&op); err != nil {
					panic(err)
				}
			}
			return measure{}
		}
	}
	return func() measure {
		// As the command does for large files (collectLater), and a collection or none in the midst
		// is half the time.
		defer debug.SetGCPercent(debug.SetGCPercent(400))
		h, err := history.Read(&text)
		if err != nil {
			panic(err)
		}
		return check(h)
	}
}

// history is that of correct copies under saturated clients. An invalid one has a single stale
// answer, in the middle.
func (r row) history(newObject func() object) *history.History {
	c := cell{clients: r.Clients, keys: r.Keys, calls: r.Calls, pending: r.Pending, invalid: r.Invalid}
	if r.Keys <= 1 {
		c.keys = 0
	}
	return c.history(newObject)
}

// porcupine is the same history in the terms of Porcupine's users, with a model as they write it:
// registers by key, the clients' calls, and infinity for the end of a call that nobody answered.
// The measured time begins where both judges begin: with a recorded history, whose values each has
// to read, where they are compared on one; with Porcupine's operations, which cost neither
// anything, where both are given a user's model.
func (r row) porcupine() func() measure {
	h := r.history(func() object { return &register{} })
	m := registersByKey()
	var operations []porcupine.Operation
	if !r.Recorded {
		operations, h = registerOperations(h), nil
	}
	if r.Judge == unchanged {
		return func() measure {
			got := linear.CheckPorcupine(context.Background(), m, operations, linear.Options{Timeout: mostTime})
			return measure{Verdict: got.Verdict, Method: got.Method, Reason: got.Reason}
		}
	}
	return func() measure {
		done := make(chan porcupine.CheckResult, 1)
		if r.Recorded {
			operations = registerOperations(h)
		}
		go func() { done <- porcupine.CheckOperationsTimeout(m, operations, mostTime) }()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case got := <-done:
				return measure{Verdict: map[porcupine.CheckResult]checker.Verdict{
					porcupine.Ok: checker.Valid, porcupine.Illegal: checker.Invalid,
					porcupine.Unknown: checker.Unknown}[got]}
			case <-tick.C:
				if resident("VmRSS:") > mostMemory {
					return measure{Verdict: checker.Unknown} // the process ends, and the search with it
				}
			}
		}
	}
}

// access is a call of a register of Porcupine's users.
type access struct {
	key   string
	write bool
	value int
}

func registersByKey() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			at := map[string]int{}
			var parts [][]porcupine.Operation
			for _, o := range history {
				key := o.Input.(access).key
				if _, known := at[key]; !known {
					at[key] = len(parts)
					parts = append(parts, nil)
				}
				parts[at[key]] = append(parts[at[key]], o)
			}
			return parts
		},
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			if in := input.(access); in.write {
				return true, in.value
			}
			return output == nil || output.(int) == state.(int), state
		},
	}
}

// registerOperations reads a history of registers; null is 0.
func registerOperations(h *history.History) []porcupine.Operation {
	number := func(op *history.Op) int {
		n, _ := strconv.Atoi(string(op.Value))
		return n
	}
	var operations []porcupine.Operation
	for _, c := range h.Calls() {
		in, kind := h.Invocation(c), h.Kind(c)
		if kind == history.Fail || kind == history.Info && in.F == "read" {
			continue
		}
		o := porcupine.Operation{ClientId: int(in.Process), Input: access{in.Key, in.F == "write", number(in)},
			Call: int64(c.Invoke), Return: int64(len(h.Ops))}
		if kind == history.Ok {
			o.Return = int64(c.Complete)
			o.Output = number(h.Completion(c))
		}
		operations = append(operations, o)
	}
	return operations
}

// resident reads a figure of this process from Linux, 0 elsewhere.
func resident(what string) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), what)
	var kilobytes int64
	fmt.Sscan(rest, &kilobytes)
	return kilobytes << 10
}

func processorTime() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// The histories of the table are what their rows say, in small.
func TestRowsAreWhatTheySay(t *testing.T) {
	for _, r := range rows() {
		r.Calls = min(r.Calls, 300)
		r.Keys = min(r.Keys, 10)
		r.Clients = min(r.Clients, 3)
		r.Pending = min(r.Pending, 0.01)
		t.Run(r.String()+" "+r.Judge, func(t *testing.T) {
			got := r.prepare()()
			want := checker.Valid
			if r.Invalid {
				want = checker.Invalid
			}
			if got.Verdict != want {
				t.Errorf("%v by %s (%s), want %v", got.Verdict, got.Method, got.Reason, want)
			}
		})
	}
}
