package harness

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// Exits reports members that ended by themselves: one violation for each member and way of
// exiting. A member that ends by itself breaks its service whatever clients saw.
func Exits(exits []cluster.Exit) (checker.Result, bool) {
	type way struct {
		node history.NodeID
		how  string
	}
	times := map[way][]cluster.Exit{}
	for _, e := range exits {
		if e.Outside == "" {
			w := way{e.Node, e.How}
			times[w] = append(times[w], e)
		}
	}
	if len(times) == 0 {
		return checker.Result{}, false
	}
	var first []cluster.Exit
	for _, same := range times {
		first = append(first, slices.MinFunc(same, byTime))
	}
	slices.SortFunc(first, byTime)
	r := checker.Result{Checker: "members", Verdict: checker.Invalid}
	for _, e := range first {
		summary := fmt.Sprintf("%s ended by itself at %v: %s", e.Node, e.At.Round(time.Millisecond), e.How)
		if n := len(times[way{e.Node, e.How}]); n > 1 {
			summary += fmt.Sprintf("; %d times in all", n)
		}
		r.Evidence = append(r.Evidence, checker.Evidence{
			Kind: "member-ended", Summary: summary, Ops: []int{}, Why: []checker.Claim{}, Log: e.Log, LogFile: e.File,
		})
	}
	r.Reason = r.Evidence[0].Summary
	return r, true
}

func byTime(a, b cluster.Exit) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Node, b.Node))
}

// WithExits adds the result of members that ended by themselves to those of the checkers. It goes
// before a lack of progress, which may be only its consequence.
func WithExits(parts []checker.Result, exits []cluster.Exit) []checker.Result {
	ended, ok := Exits(exits)
	if !ok {
		return parts
	}
	at := slices.IndexFunc(parts, func(r checker.Result) bool { return r.Checker == checker.Liveness{}.Name() })
	if at < 0 {
		at = len(parts)
	}
	return slices.Insert(slices.Clone(parts), at, ended)
}

// WithoutLiveness withdraws what a checker said about progress: a cluster that was broken from
// outside owes none.
func WithoutLiveness(parts []checker.Result) []checker.Result {
	parts = slices.Clone(parts)
	for i, r := range parts {
		if r.Checker == (checker.Liveness{}).Name() && r.Verdict == checker.Invalid {
			parts[i] = checker.Result{Checker: r.Checker, Verdict: checker.Unknown, Cause: checker.Cutoff, Took: r.Took,
				Reason: "the experiment was broken from outside, so progress was not judged"}
		}
	}
	return parts
}
