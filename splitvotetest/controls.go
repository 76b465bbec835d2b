package splitvotetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/harness"
)

// Controls shows that the test can fail. For each kind of lie it runs the plan while the harness
// lies on the members' behalf, in a subtest such as lie=stale-read: the run must be invalid. A
// subtest fails if the workload notices that kind of lie in every run, and did not. It is skipped
// if no call gave an occasion for a lie, or the workload does not notice it. Package controls lists
// the kinds. It cannot be called in a bubble of synctest; Plan.Virtual can be set.
func Controls(t *testing.T, c Cluster, p Plan) {
	t.Helper()
	for _, lie := range controls.Names() {
		t.Run("lie="+lie, func(t *testing.T) {
			t.Helper()
			run(t, c, p, lie)
		})
	}
}

// control tells the test what came of a run in which the harness lied.
func (e *experiment) control(t *testing.T, report string) {
	t.Helper()
	p, lies := e.x.Plan, e.run.Lies
	first := levels.Of(e.x.Workload.Model)[0]
	switch noticed := e.x.Level() == first && slices.Contains(controls.Notices(p.Workload), p.Control); {
	case e.run.Result.Verdict == checker.Invalid && len(lies) > 0:
		t.Logf("%s: the harness lied %s, and was found out after %d calls", p.Control, controls.Times(len(lies)),
			harness.CallsUntilFound(e.run.History, e.run.Result, lies[0]))
	case e.run.Result.Verdict == checker.Invalid:
		t.Error("invalid, though the harness has not lied yet:\n" + report)
	case len(lies) == 0:
		t.Skipf("%s: no call gave an occasion for a lie", p.Control)
	case noticed:
		t.Error("the lies were not noticed:\n" + report)
	default:
		t.Skipf("%s: workload %s does not notice it in every run; these do: %s", p.Control, p.Workload,
			strings.Join(controls.NoticedBy(p.Control), ", "))
	}
}
