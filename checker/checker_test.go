package checker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// tell makes a history of short lines: time, process, type, f, and for the nemesis a fault.
//
//	1 p0 invoke read        3 nemesis info start-partition partition 1 start bit
func tell(t *testing.T, lines string) *history.History {
	t.Helper()
	var ops []history.Op
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var op history.Op
		var seconds int
		fmt.Sscan(words[0], &seconds)
		op.Time = time.Duration(seconds) * time.Second
		op.Process = history.Nemesis
		if words[1] != "nemesis" {
			fmt.Sscanf(words[1], "p%d", &op.Process)
		}
		if err := op.Kind.UnmarshalText([]byte(words[2])); err != nil {
			t.Fatal(err)
		}
		op.F = words[3]
		switch {
		case len(words) > 4 && op.Process != history.Nemesis:
			op.Value = json.RawMessage(words[4])
		case len(words) > 4:
			f := history.Fault{Fault: words[4], Phase: history.Phase(words[6]),
				Bit: len(words) > 7 && words[7] == "bit"}
			fmt.Sscan(words[5], &f.ID)
			op.Value, _ = json.Marshal(f)
		}
		ops = append(ops, op)
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

const underPartition = `
	1 p0 invoke write
	2 p0 ok write
	3 nemesis invoke start-partition
	3 nemesis info start-partition partition 1 start
	4 p0 invoke read
	5 p0 ok read
	6 p1 invoke write
	7 p1 info write
	8 nemesis invoke stop-partition
	8 nemesis info stop-partition partition 1 stop bit
	9 p0 invoke read
	9 p0 fail read`

func TestStatsCountsHowCallsEnded(t *testing.T) {
	r := checker.Stats{}.Check(context.Background(), tell(t, underPartition+"\n 10 p2 invoke read"))
	if got, want := r.Stats["calls"], (checker.Counts{Ok: 2, Fail: 1, Info: 2}); got != want {
		t.Errorf("calls = %v, want %v (a call without completion is info)", got, want)
	}
	want := map[string]checker.Counts{"read": {Ok: 1, Fail: 1, Info: 1}, "write": {Ok: 1, Info: 1}}
	if diff := cmp.Diff(want, r.Stats["by-f"]); diff != "" || r.Verdict != checker.Valid {
		t.Errorf("%v, by f (-want +got):\n%s", r.Verdict, diff)
	}
}

func TestAvailabilityIsToldFaultByFault(t *testing.T) {
	r := checker.Availability{}.Check(context.Background(), tell(t, underPartition))
	want := []checker.Available{
		{Fault: "partition", ID: 1, From: 3 * time.Second, To: 8 * time.Second, Calls: checker.Counts{Ok: 1, Info: 1}},
		{To: 9 * time.Second, Calls: checker.Counts{Ok: 1, Fail: 1}},
	}
	if diff := cmp.Diff(want, r.Stats["windows"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLivenessIsJudgedFromHealingOn(t *testing.T) {
	const healed = "\n 20 nemesis invoke heal-all\n 21 nemesis info heal-all"
	for name, test := range map[string]struct {
		lines string
		want  checker.Verdict
	}{
		"never healed":            {underPartition, checker.Valid},
		"nobody asked afterwards": {underPartition + healed, checker.Valid},
		"success":                 {underPartition + healed + "\n 22 p0 invoke read\n 23 p0 ok read", checker.Valid},
		"success in the end": {underPartition + healed +
			"\n 22 p0 invoke read\n 23 p0 fail read\n 24 p0 invoke read\n 25 p0 ok read", checker.Valid},
		"stuck": {underPartition + healed +
			"\n 22 p0 invoke read\n 23 p0 fail read\n 24 p0 invoke read", checker.Invalid},
		"only an older call ended": {underPartition + "\n 19 p5 invoke read" + healed +
			"\n 22 p5 ok read\n 22 p0 invoke read", checker.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			r := checker.Liveness{}.Check(context.Background(), tell(t, test.lines))
			if r.Verdict != test.want {
				t.Errorf("%v (%s), want %v", r.Verdict, r.Reason, test.want)
			}
			if r.Verdict == checker.Invalid && (len(r.Evidence) != 1 || len(r.Evidence[0].Why) == 0 ||
				r.Evidence[0].Kind != "no-progress") {
				t.Errorf("evidence %+v explains nothing", r.Evidence)
			}
		})
	}
}

func TestCoverageRefusesEmptyPasses(t *testing.T) {
	for name, test := range map[string]struct {
		gate  checker.Coverage
		lines string
		want  string // part of the reason, "" for valid
		cause checker.Cause
	}{
		"enough": {checker.Coverage{Calls: []string{"read", "write"}, MinOk: 1,
			Faults: []string{"partition"}}, underPartition, "", ""},
		"a call never succeeded": {checker.Coverage{Calls: []string{"read", "cas"}, MinOk: 1}, underPartition,
			"only 0 cas succeeded, want at least 1", checker.TooLittle},
		"too few": {checker.Coverage{Calls: []string{"read"}, MinOk: 2}, underPartition,
			"only 1 read succeeded, want at least 2", checker.TooLittle},
		"a fault never happened": {checker.Coverage{Faults: []string{"kill"}}, underPartition, "no kill happened",
			checker.TooLittle},
		"a fault did not bite": {checker.Coverage{Faults: []string{"partition"}},
			strings.Replace(underPartition, " bit", "", 1), "no partition took effect, of 1", checker.NoBite},
		"nothing succeeded meanwhile": {checker.Coverage{Faults: []string{"partition"}},
			strings.Replace(underPartition, "5 p0 ok read", "5 p0 fail read", 1),
			"no call succeeded while a fault was on", checker.TooLittle},
	} {
		t.Run(name, func(t *testing.T) {
			r := test.gate.Check(context.Background(), tell(t, test.lines))
			if test.want == "" && r.Verdict != checker.Valid ||
				test.want != "" && (r.Verdict != checker.Unknown || !strings.Contains(r.Reason, test.want)) ||
				r.Cause != test.cause {
				t.Errorf("%v, %s: %s; want %s: %s", r.Verdict, r.Cause, r.Reason, test.cause, test.want)
			}
		})
	}
}

// Where calls did not succeed the reason says so, and nobody is told to make more of them.
func TestCoverageNamesTheCause(t *testing.T) {
	gate := checker.Coverage{Calls: []string{"read"}, MinOk: 5}
	for name, test := range map[string]struct{ lines, want string }{
		"nothing more": {"0 p0 invoke read\n1 p0 ok read\n2 p0 invoke read\n8 p0 fail read\n9 p0 invoke read\n",
			": no progress since "},
		"nothing at all": {"0 p0 invoke read\n1 p0 fail read\n2 p0 invoke read\n3 p0 fail read\n",
			": 2 of 2 calls did not succeed"},
		"without an answer": {"0 p0 invoke read\n1 p1 invoke read\n",
			": 2 of 2 calls did not succeed, 2 of them as this one: no answer"},
		"there was too few":   {"0 p0 invoke read\n1 p0 ok read\n", ""},
		"half of them, in it": {"0 p0 invoke read\n1 p0 ok read\n2 p0 invoke read\n3 p0 fail read\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := gate.Check(context.Background(), tell(t, test.lines))
			if !strings.Contains(r.Reason, test.want) || (r.Decide == "") != (test.want == "") {
				t.Errorf("%s; decide %q; want %s", r.Reason, r.Decide, test.want)
			}
		})
	}
}

// A call that nobody acknowledged counts where an answer shows that it took effect, and only there.
func TestCoverageCountsWhatWasObserved(t *testing.T) {
	for name, test := range map[string]struct {
		lines string
		want  checker.Verdict
	}{
		"read": {"1 p0 invoke write 7\n2 p0 info write 7\n3 p1 invoke read null\n4 p1 ok read 7",
			checker.Valid},
		"read in a list": {"1 p0 invoke write 7\n2 p0 info write 7\n3 p1 invoke read null\n4 p1 ok read [3,7]",
			checker.Valid},
		"never completed, read": {"1 p0 invoke write 7\n3 p1 invoke read null\n4 p1 ok read 7", checker.Valid},
		"not read": {"1 p0 invoke write 7\n2 p0 info write 7\n3 p1 invoke read null\n4 p1 ok read 8",
			checker.Unknown},
		"nothing read": {"1 p0 invoke write 7\n2 p0 info write 7\n3 p1 invoke read null\n4 p1 ok read null",
			checker.Unknown},
		"read without an answer": {"1 p0 invoke write 7\n2 p0 info write 7\n3 p1 invoke read null\n4 p1 info read null",
			checker.Unknown},
		"refused": {"1 p0 invoke write 7\n2 p0 fail write 7\n3 p1 invoke read null\n4 p1 ok read 7",
			checker.Unknown},
		"told by another's answer": {"1 p0 invoke write 7\n2 p0 info write 7\n3 p1 invoke add 7\n4 p1 ok add 7\n5 " +
			"p1 invoke read null\n6 p1 ok read null", checker.Unknown},
		"written twice": {
			"1 p0 invoke write 7\n2 p0 info write 7\n2 p2 invoke write 7\n2 p2 info write 7\n3 p1 invoke read " +
				"null\n4 p1 ok read 7", checker.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			r := checker.Coverage{Calls: []string{"write"}, MinOk: 1}.Check(context.Background(), tell(t, test.lines))
			if r.Verdict != test.want {
				t.Errorf("%v, %s; want %v", r.Verdict, r.Reason, test.want)
			}
		})
	}
}

// fixed answers what it is told to.
type fixed struct {
	verdict checker.Verdict
	panics  bool
}

func (fixed) Name() string { return "fixed" }
func (f fixed) Check(context.Context, *history.History) checker.Result {
	if f.panics {
		panic("out of ideas")
	}
	return checker.Result{Verdict: f.verdict, Reason: f.verdict.String()}
}

func TestVerdictsMergeByMaximum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		verdicts := rapid.SliceOf(rapid.SampledFrom([]checker.Verdict{checker.Valid, checker.Unknown,
			checker.Invalid})).Draw(t, "verdicts")
		var parts []checker.Checker
		want := checker.Valid
		for _, v := range verdicts {
			parts = append(parts, fixed{verdict: v})
			want = max(want, v)
		}
		r := checker.All("all", parts...).Check(context.Background(), &history.History{})
		if r.Verdict != want || len(r.Parts) != len(verdicts) {
			t.Fatalf("%v of %v, want %v", r.Verdict, verdicts, want)
		}
	})
}

func TestAPanicIsUnknownAndHidesNoViolation(t *testing.T) {
	broken := fixed{panics: true}
	r := checker.Safe(context.Background(), broken, &history.History{})
	if r.Verdict != checker.Unknown || r.Cause != checker.Panicked || !strings.Contains(r.Reason, "out of ideas") {
		t.Errorf("%+v, want unknown because of the panic", r)
	}
	r = checker.All("all", broken, fixed{verdict: checker.Invalid}).Check(context.Background(), &history.History{})
	if r.Verdict != checker.Invalid {
		t.Errorf("%v, want invalid: the panic of one part hides nothing of another", r.Verdict)
	}
}

func TestNoTimeIsUnknown(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	if r := checker.Stopped(ctx.Err()); r.Verdict != checker.Unknown || r.Cause != checker.Timeout {
		t.Errorf("%+v, want unknown, timeout", r)
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if r := checker.Stopped(stopped.Err()); r.Verdict != checker.Unknown || r.Cause != checker.Cancelled {
		t.Errorf("%+v, want unknown, cancelled", r)
	}
}

func TestVerdictsAreWrittenInWords(t *testing.T) {
	for v, word := range map[checker.Verdict]string{checker.Valid: `"valid"`, checker.Unknown: `"unknown"`,
		checker.Invalid: `"invalid"`} {
		text, err := json.Marshal(v)
		if err != nil || string(text) != word {
			t.Errorf("%s, %v; want %s", text, err, word)
		}
		var back checker.Verdict
		if err := json.Unmarshal(text, &back); err != nil || back != v {
			t.Errorf("%s read back is %v, %v", text, back, err)
		}
	}
	var v checker.Verdict
	if err := json.Unmarshal([]byte(`"maybe"`), &v); err == nil {
		t.Error("maybe is taken for a verdict")
	}
}
