package report_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
)

var members = []history.NodeID{"n1", "n2", "n3", "n4", "n5"}

// harm is a fault of the sample: who leads from when on follows from it.
type harm struct {
	fault    history.Fault
	from, to time.Duration
	proof    string
}

func secs(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

var harms = []harm{
	{history.Fault{Fault: "kill", Shape: "leader", Nodes: []history.NodeID{"n3"}}, secs(3), secs(6.2),
		"process 4711 ended by SIGKILL; its port refuses connections"},
	{history.Fault{Fault: "partition", Shape: "one", Nodes: []history.NodeID{"n5"}, Cut: history.Grudge{
		"n5": {"n1", "n2", "n3", "n4"}, "n1": {"n5"}, "n2": {"n5"}, "n3": {"n5"}, "n4": {"n5"}}}, secs(11.2),
		secs(16.4),
		"312 messages dropped on 8 links, none passed"},
	{history.Fault{Fault: "pause", Shape: "one", Nodes: []history.NodeID{"n2"}}, secs(14), secs(18.9),
		"state of process 4712 is T (stopped)"},
	{history.Fault{Fault: "partition", Shape: "halves", Nodes: []history.NodeID{"n1", "n4"}, Cut: history.Grudge{
		"n1": {"n2", "n3", "n5"}, "n4": {"n2", "n3", "n5"}, "n2": {"n1", "n4"}, "n3": {"n1", "n4"},
		"n5": {"n1", "n4"}}},
		secs(22.5), secs(26), "188 messages dropped on 12 links, none passed"},
}

// call is one call of the sample before it becomes two events.
type call struct {
	process        history.Process
	f, key         string
	value, got     string
	start, at, end time.Duration
	kind           history.Kind
	node           history.NodeID
	err            string
}

// sampleHistory is 30 s of a register under the harms, drawn from a fixed seed: ten processes,
// three keys, every value written once. stale makes one read during the first partition return what
// had been overwritten.
func sampleHistory(t testing.TB, stale bool) (h *history.History, proof [3]int) {
	random := rand.New(rand.NewPCG(16170, 1))
	var calls []call
	const processes = 10
	value := 0
	for p := range processes {
		process := history.Process(p)
		now := time.Duration(random.Int64N(int64(secs(0.2))))
		for now < secs(30) {
			c := call{process: process, key: []string{"x", "y", "z"}[random.IntN(3)], start: now, kind: history.Ok,
				node: members[random.IntN(len(members))], value: "null", f: "read"}
			if random.IntN(2) == 0 {
				value++
				c.f, c.value = "write", strconv.Itoa(value)
			}
			took := secs(0.002 + 0.006*random.ExpFloat64())
			for _, harm := range harms {
				hit := slices.Contains(harm.fault.Nodes, c.node)
				if now < harm.from || now > harm.to || !hit && now > harm.from+secs(0.9) {
					continue
				}
				took += secs(0.02 + 0.15*random.ExpFloat64())
				switch {
				case hit && random.IntN(4) == 0 || !hit && random.IntN(12) == 0:
					c.kind, c.err, took = history.Info, "timed out after 1s", secs(1)
				case hit && harm.fault.Fault == "kill":
					c.kind, c.err, took = history.Fail, "connection refused", secs(0.001)
				case hit && random.IntN(2) == 0:
					c.kind, c.err = history.Fail, "no leader known"
				}
			}
			c.end = now + took
			c.at = now + time.Duration(random.Int64N(int64(took)))
			calls = append(calls, c)
			if c.kind == history.Info {
				process += processes
			}
			now = c.end + time.Duration(random.Int64N(int64(secs(0.28))))
		}
	}
	// The calls take effect in the order of a moment within each: that makes the history
	// linearizable.
	slices.SortStableFunc(calls, func(a, b call) int { return cmp.Compare(a.at, b.at) })
	holds := map[string]string{"x": "null", "y": "null", "z": "null"}
	for i := range calls {
		c := &calls[i]
		c.got = c.value
		if c.f == "read" {
			c.got = holds[c.key]
		} else if c.kind == history.Ok {
			holds[c.key] = c.value
		}
	}
	var lies [3]*call
	if stale {
		lies = lie(t, calls)
	}
	return record(t, calls, lies)
}

// lie makes a read at n5 during the first partition return the last value but one, and returns the
// two writes and it.
func lie(t testing.TB, calls []call) [3]*call {
	for i := range calls {
		r := &calls[i]
		if r.f != "read" || r.kind != history.Ok || r.node != "n5" && r.start < secs(12) || r.start < secs(12) ||
			r.start > secs(16) {
			continue
		}
		var written []*call
		for j := range calls[:i] {
			if w := &calls[j]; w.f == "write" && w.kind == history.Ok && w.key == r.key && w.end < r.start {
				written = append(written, w)
			}
		}
		older, newer := written[len(written)-2], written[len(written)-1]
		if older.end < newer.start && r.got == newer.value {
			r.node, r.got = "n5", older.value
			return [3]*call{older, newer, r}
		}
	}
	t.Fatal("the sample has no read that can lie")
	return [3]*call{}
}

func record(t testing.TB, calls []call, lies [3]*call) (*history.History, [3]int) {
	type event struct {
		op   history.Op
		call *call
	}
	var events []event
	for i := range calls {
		c := &calls[i]
		op := history.Op{Time: c.start, Process: c.process, F: c.f, Key: c.key, Value: json.RawMessage(c.value),
			Node: c.node}
		done := op
		done.Time, done.Kind, done.Err = c.end, c.kind, c.err
		if c.kind == history.Ok {
			done.Value = json.RawMessage(c.got)
		}
		events = append(events, event{op, c}, event{done, nil})
	}
	for i, harm := range harms {
		fault := harm.fault
		fault.ID, fault.Phase, fault.Bit = i+1, history.Start, true
		invoke := history.Op{Time: harm.from, Process: history.Nemesis, F: "start-" + fault.Fault,
			Value: json.RawMessage("null")}
		start := invoke
		start.Time, start.Kind, start.Value = harm.from+secs(0.01), history.Ok, value(t, fault)
		fault.Phase, fault.Proof = history.Stop, harm.proof
		stop := start
		stop.Time, stop.F, stop.Value = harm.to, "stop-"+fault.Fault, value(t, fault)
		unharm := invoke
		unharm.Time, unharm.F = harm.to-secs(0.01), stop.F
		events = append(events, event{invoke, nil}, event{start, nil}, event{unharm, nil}, event{stop, nil})
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.op.Time, b.op.Time) })
	var ops []history.Op
	var proof [3]int
	for i, e := range events {
		ops = append(ops, e.op)
		for j := range lies {
			if e.call != nil && e.call == lies[j] {
				proof[j] = i
			}
		}
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	return h, proof
}

func value(t testing.TB, v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sampleStatuses is what the nodes said: a leader a term, deposed by the harms.
func sampleStatuses() []report.StatusAt {
	var said []report.StatusAt
	reign := func(at time.Duration, leader history.NodeID, term uint64, candidate history.NodeID,
		but ...history.NodeID) {
		if candidate != "" {
			said = append(said, report.StatusAt{Time: at - secs(0.3), Node: candidate, Up: true, Role: "candidate",
				Term: term})
		}
		for _, node := range members {
			if slices.Contains(but, node) {
				continue
			}
			s := report.StatusAt{Time: at, Node: node, Up: true, Role: "follower", Leader: leader, Term: term,
				Commit: 10 * term}
			if node == leader {
				s.Role = "leader"
			}
			said = append(said, s)
		}
	}
	reign(secs(0.4), "n3", 1, "n3")
	said = append(said, report.StatusAt{Time: secs(3), Node: "n3"})
	reign(secs(3.9), "n5", 2, "n5", "n3")
	said = append(said, report.StatusAt{Time: secs(6.2), Node: "n3", Up: true, Role: "follower", Leader: "n5", Term: 2})
	reign(secs(12), "n1", 3, "n4", "n5")
	said = append(said, report.StatusAt{Time: secs(14), Node: "n2"},
		report.StatusAt{Time: secs(16.5), Node: "n5", Up: true, Role: "follower", Leader: "n1", Term: 3},
		report.StatusAt{Time: secs(18.9), Node: "n2", Up: true, Role: "follower", Leader: "n1", Term: 3})
	reign(secs(23.4), "n3", 4, "n2", "n1", "n4")
	said = append(said, report.StatusAt{Time: secs(26.1), Node: "n1", Up: true, Role: "follower", Leader: "n3",
		Term: 4}, report.StatusAt{Time: secs(26.1), Node: "n4", Up: true, Role: "follower", Leader: "n3", Term: 4})
	slices.SortStableFunc(said, func(a, b report.StatusAt) int { return cmp.Compare(a.Time, b.Time) })
	return said
}

func baseRun() *report.Run {
	return &report.Run{
		Name: "raft-register", Target: "raft", Backend: "local", BackendWhy: "no container engine answers",
		Workload: "register",
		Nodes:    members, Seed: 16170, Faults: []string{"kill", "partition", "pause"},
		Settings: []report.Setting{{Name: "rate", Value: "100"}, {Name: "concurrency", Value: "2n"},
			{Name: "time-limit", Value: "30s"}, {Name: "reads", Value: "lease"}},
		Started: time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC), Wall: secs(31), Statuses: sampleStatuses(),
		Version: "v0.1.0",
		Replay:  "splitvote replay runs/latest", Shrink: "splitvote shrink runs/latest",
		Report: "runs/latest/report.html",
		Check:  "splitvote check runs/latest/history.jsonl",
	}
}

func validRun(t testing.TB) *report.Run {
	r := baseRun()
	r.History, _ = sampleHistory(t, false)
	r.Result = checker.Result{Checker: "register", Took: 41 * time.Millisecond, Parts: []checker.Result{
		{Checker: "linearizable", Method: "zones", Took: 39 * time.Millisecond}, {Checker: "stats"},
		{Checker: "liveness"}}}
	return r
}

func invalidRun(t testing.TB) *report.Run {
	r := baseRun()
	r.Settings[3].Value = "local"
	h, ops := sampleHistory(t, true)
	r.History = h
	key, older, newer := h.Ops[ops[0]].Key, string(h.Ops[ops[0]].Value), string(h.Ops[ops[1]].Value)
	found := checker.Evidence{Kind: "stale-read", Key: key, Summary: "key " + key + " is not linearizable", Ops: ops[:],
		Why: []checker.Claim{
			{Op: ops[1], Text: fmt.Sprintf("overwrote %s, which #%d had written before, with %s", older, ops[0],
				newer)},
			{Op: ops[2],
				Text: fmt.Sprintf("#%d began after #%d ended, so it must see %s or later; %s was overwritten by #%d",
					ops[2], ops[1], newer, older, ops[1])},
		}}
	linear := checker.Result{Checker: "linearizable", Verdict: checker.Invalid, Reason: found.Summary, Method: "zones",
		Evidence: []checker.Evidence{found}, Holds: []string{"sequential", "causal", "session guarantees", "eventual"},
		Stats: map[string]any{"undecided-levels": []string{"regular"},
			"staleness": lagging("3 reads lagged, the worst by at least 12ms and 2 versions")},
		Took: 41 * time.Millisecond}
	r.Result = checker.Merge([]checker.Result{linear, {Checker: "stats"}, {Checker: "liveness"}})
	r.Result.Checker, r.Result.Took = "register", 42*time.Millisecond
	r.Links = []report.Link{{Name: "key " + key + " in Porcupine", Path: "porcupine/" + key + ".html"}}
	return r
}

func unknownRun(t testing.TB) *report.Run {
	r := validRun(t)
	r.Result = checker.Merge([]checker.Result{
		{Checker: "linearizable", Verdict: checker.Unknown, Cause: checker.Timeout,
			Reason: "the checker's time was up (--checker-timeout) at 512 of 1204 operations"},
		{Checker: "stats"}})
	r.Result.Checker = "register"
	return r
}

// lagging stands for what a checker says of stale reads.
type lagging string

func (l lagging) String() string { return string(l) }
