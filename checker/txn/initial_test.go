package txn_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// begin draws what keys hold before any transaction. Lists may begin with values that are appended
// to them again. One register may begin with a value that is written to it; ways are then the
// histories in which each read of the value saw the initial one or the write.
func (o *oracle) begin(r *rand.Rand) (ways []*oracle) {
	o.begins = map[int][]int{}
	for i := range o.txns { // a predicate read is not judged
		o.txns[i].ops = slices.DeleteFunc(o.txns[i].ops, func(op smallOp) bool { return op.all > 0 })
	}
	for k := range o.keys {
		switch {
		case r.IntN(4) == 0:
		case o.register:
			o.begins[k] = []int{50 + k}
		default:
			for range 1 + r.IntN(2) {
				o.begins[k] = append(o.begins[k], 1+r.IntN(10))
			}
		}
	}
	ways = []*oracle{o}
	k := r.IntN(o.keys)
	if !o.register || r.IntN(2) == 0 {
		return ways
	}
	var written []int
	for _, x := range o.txns {
		for _, op := range x.ops {
			if op.write && op.key == k {
				written = append(written, op.value)
			}
		}
	}
	if len(written) == 0 {
		return ways
	}
	v := written[r.IntN(len(written))]
	o.begins[k] = []int{v}
	for i := range o.txns {
		for j, op := range o.txns[i].ops {
			if o.txns[i].kind != history.Ok || op.write || op.key != k || len(op.list) > 0 && op.list[0] != v {
				continue
			}
			for _, way := range slices.Clone(ways) {
				other := &oracle{register: true, keys: o.keys, txns: slices.Clone(way.txns)}
				other.txns[i].ops = slices.Clone(way.txns[i].ops)
				other.txns[i].ops[j].list = []int{v}
				if len(op.list) > 0 {
					other.txns[i].ops[j].list = nil
				}
				ways = append(ways, other)
			}
		}
	}
	return ways
}

// Keys that begin with something are judged, at the end and while it happens, as the definitions
// judge keys that begin empty: every level holds of the one history if and only if it does of the
// other.
func TestInitialValuesAgreeWithDefinitions(t *testing.T) {
	for _, register := range []bool{false, true} {
		r := rand.New(rand.NewPCG(21, 22))
		count, accused := map[bool]int{}, 0
		for range rounds(t, 500) {
			o := draw(r, register)
			ways := o.begin(r)
			if len(ways) > 16 {
				continue
			}
			want := map[string]bool{}
			for _, way := range ways {
				for level, holds := range way.levels() {
					want[level] = want[level] || holds
				}
			}
			h := o.history(t)
			got := check(t, o.model(), txn.Strictest, h)
			out, undecided := txn.RuledOut(got), undecided(got)
			for _, level := range txn.Levels() {
				count[want[level]]++
				switch {
				case slices.Contains(undecided, level):
					if !mayBeOpen(level) {
						t.Fatalf("%s is left open: %s\n%s", level, got.Reason, show(t, h))
					}
				case slices.Contains(out, level) == want[level]:
					t.Fatalf("%s by definition holds: %v; %v\n%s", level, want[level], txn.Anomalies(got), show(t, h))
				}
			}
			level := txn.Levels()[r.IntN(len(txn.Levels()))]
			if at, r := online(t, o.model(), level, h); at <= len(h.Ops) {
				// reads of which nothing is asked there
				contradictory := mayBeOpen(level) && slices.Contains(undecided, level)
				if accused++; want[level] && !contradictory {
					t.Fatalf("%s holds, and is accused after %d events: %s\n%s", level, at, r.Reason, show(t, h))
				}
			}
		}
		t.Logf("register %v: %v, accused %d", register, count, accused)
		if count[true] == 0 || count[false] == 0 || accused == 0 {
			t.Error("the histories are all alike")
		}
	}
}

func TestInitialValues(t *testing.T) {
	for name, test := range map[string]struct {
		model, initial, lines string
		want                  checker.Verdict
		why                   string
	}{
		"a register": {txn.RWRegister, "0", `p0 invoke [["r","x",null],["w","x",1]]
			p0 ok [["r","x",0.0],["w","x",1]]`, checker.Valid, ""},
		"null, where something was": {txn.RWRegister, "0", `p0 invoke [["r","x",null]]
			p0 ok [["r","x",null]]`, checker.Invalid, "read null of x, which no transaction wrote"},
		"null, where somebody wrote it": {txn.RWRegister, "0", `p0 invoke [["w","x",null],["r","x",null]]
			p0 ok [["w","x",null],["r","x",null]]`, checker.Valid, ""},
		"another than the initial one": {txn.RWRegister, "0", `p0 invoke [["r","x",null],["r","x",null]]
			p0 ok [["r","x",0],["r","x",1]]
			p1 invoke [["w","x",1]]
			p1 ok [["w","x",1]]`, checker.Invalid, "read x as 1; by what it had done before it had to be 0"},
		"a list": {txn.ListAppend, "[7,8]", `p0 invoke [["append","x",7],["r","x",null]]
			p0 ok [["append","x",7],["r","x",[7,8,7]]]`, checker.Valid, ""},
		"a list that lost its beginning": {txn.ListAppend, "[7,8]", `p0 invoke [["r","x",null]]
			p0 ok [["r","x",[7]]]`, checker.Invalid, "read x as [7], which does not begin with the initial [7 8]"},
		"a list in another order": {txn.ListAppend, "[7]", `p0 invoke [["append","x",1],["append","x",2]]
			p0 ok [["append","x",1],["append","x",2]]
			p1 invoke [["r","x",null],["r","x",null]]
			p1 ok [["r","x",[7,1,2]],["r","x",[7]]]`, checker.Invalid, "read x as [7]; by what it had done before it had to be [7 1 2]"},
	} {
		t.Run(name, func(t *testing.T) {
			h := tell(t, test.lines)
			h.Initial.All = json.RawMessage(test.initial)
			r := check(t, test.model, "", h)
			if r.Verdict != test.want || test.why != "" &&
				!slices.ContainsFunc(r.Evidence, func(e checker.Evidence) bool {
					return slices.ContainsFunc(e.Why, func(c checker.Claim) bool { return c.Text == test.why })
				}) {
				t.Errorf("%v: %s %+v", r.Verdict, r.Reason, r.Evidence)
			}
		})
	}
}

func TestInitialValuesThatAreRefused(t *testing.T) {
	for _, test := range []struct{ model, initial, lines, want string }{
		{txn.ListAppend, "3", "", "the initial value: list-append wants [v …], has 3"},
		{txn.Bank, "3", "", "the initial value: bank has none: its reads are compared with each other"},
		{txn.RWRegister, "0", "p0 invoke [[\"rp\",null,null]]\np0 ok [[\"rp\",null,{}]]",
			"#0: a predicate read is not judged where initial values are given"},
	} {
		h := tell(t, test.lines)
		h.Initial.All = json.RawMessage(test.initial)
		r := check(t, test.model, "", h)
		if r.Verdict != checker.Unknown || r.Cause != checker.Malformed || r.Reason != test.want {
			t.Errorf("%v, %s: %s, want %s", r.Verdict, r.Cause, r.Reason, test.want)
		}
	}
}
