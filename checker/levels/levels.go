// Package levels joins the checkers to one: it knows every consistency level that the calls of a
// model can be judged by, and makes the checker of each.
package levels

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
)

// Linearizable is the strongest level of single objects.
const Linearizable = "linearizable"

// likewise pairs a level of single objects with its counterpart for transactions.
var likewise = [][2]string{
	{Linearizable, txn.Strictest},
	{weak.Sequential, "strong-session-serializable"},
}

// Of lists the consistency levels by which calls of a model can be judged, the strongest first.
func Of(model string) []string {
	if slices.Contains(txn.Models(), model) {
		levels := txn.Levels()
		slices.Reverse(levels)
		return levels
	}
	return append([]string{Linearizable}, weak.Levels(model)...)
}

// All lists the levels of single objects, then the remaining levels of transactions (causal
// belongs to both).
func All() []string {
	all := append([]string{Linearizable}, weak.All()...)
	for _, level := range Of(txn.ListAppend) {
		if !slices.Contains(all, level) {
			all = append(all, level)
		}
	}
	return all
}

// Check returns an error if a level is not defined for a model; "" is the strongest level.
func Check(model, level string) error {
	levels := Of(model)
	switch {
	case level == "" || slices.Contains(levels, level):
		return nil
	case slices.Contains(All(), level):
		return fmt.Errorf("%s is not defined for %s, only %s", level, model, strings.Join(levels, ", "))
	}
	return fmt.Errorf("no such consistency: %q", level)
}

// Judge returns the checker of a level for a model, "" for the strongest. For an invalid history
// it reports which weaker levels still hold, unless it is terse. opts concern linearizability,
// weaker the weaker levels.
func Judge(model, level string, opts linear.Options, terse bool, weaker ...weak.Option) (checker.Checker, error) {
	if slices.Contains(txn.Models(), model) {
		return txn.New(model, level)
	}
	judge, err := linear.New(model, opts)
	if err == nil && level != "" && level != Linearizable {
		strong := judge
		if judge, err = weak.New(level, model, weaker...); level == weak.Sequential {
			judge = relaxed{judge, strong}
		}
	}
	if err != nil || terse {
		return judge, err
	}
	return weak.Graded(judge, model, weaker...), nil
}

// Grade adds to the result of an invalid history which weaker levels still hold, as a checker of
// Judge that is not terse does. In a composition the judged part is the first.
func Grade(ctx context.Context, model string, r *checker.Result, h *history.History, weaker ...weak.Option) {
	if len(r.Parts) == 0 {
		weak.AddGrade(ctx, r, model, h, weaker...)
		return
	}
	judged := &r.Parts[0]
	weak.AddGrade(ctx, judged, model, h, weaker...)
	r.Holds = judged.Holds
}

// Online judges calls of a model by a level while they happen, "" for the strongest, on objects
// with the given initial values. It returns an error if the level is judged only at the end.
func Online(model, level string, initial history.Initial) (linear.Online, error) {
	switch {
	case model == txn.ListAppend || model == txn.RWRegister:
		judge, err := txn.NewOnline(model, level, initial)
		if err != nil {
			return nil, err
		}
		return judge, nil
	case !slices.Contains(txn.Models(), model) && (level == "" || level == Linearizable):
		return linear.NewOnline(model, initial)
	}
	return nil,
		fmt.Errorf("only linearizability, list-append and rw-register are judged during a run, not %s by %q",
			model, level)
}

// relaxed checks a stronger level that is easy to decide before a weaker one that is hard: the
// stronger level implies the weaker.
type relaxed struct {
	checker.Checker
	strong checker.Checker
}

// Check gives the stronger level at most half of the time.
func (e relaxed) Check(ctx context.Context, h *history.History) checker.Result {
	half, cancel := ctx, context.CancelFunc(func() {})
	if deadline, limited := ctx.Deadline(); limited {
		half, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
	}
	r := checker.Safe(half, e.strong, h)
	cancel()
	if r.Verdict == checker.Valid {
		return checker.Result{Verdict: checker.Valid, Method: r.Method, Stats: r.Stats}
	}
	return e.Checker.Check(ctx, h)
}

// Promised returns the level by which calls of a model are judged if a target promises the given
// one, "" for linearizability. For transactions it is the counterpart of the promise.
func Promised(model, promise string) string {
	levels := Of(model)
	if promise == "" || slices.Contains(levels, promise) {
		return promise
	}
	for _, pair := range likewise {
		for i, name := range pair {
			if name == promise && slices.Contains(levels, pair[1-i]) {
				return pair[1-i]
			}
		}
	}
	return promise
}

// JudgedAs says that calls of a model were asked for less than the most that they could be.
func JudgedAs(level, model string) string {
	return fmt.Sprintf("judged as %s, which is less than %s", level, Of(model)[0])
}
