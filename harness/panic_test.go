package harness_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

// dropped is a core that panics at its hundredth input.
type dropped struct {
	protocol.Core
	steps int
}

func (d *dropped) Step(in protocol.Input) protocol.Output {
	if d.steps++; d.steps == 100 {
		panic("index out of range")
	}
	return d.Core.Step(in)
}

// A core that panics is a finding. A workload that panics (before, while or after a core runs)
// makes the experiment fail. Either way the stack is kept.
func TestOnlyACorePanicsToBeConvicted(t *testing.T) {
	raft := named(t, "raft")
	p := raft.Protocol()
	made := p.New
	p.New = func(c protocol.Config, records []protocol.Record) (protocol.Core, error) {
		core, err := made(c, records)
		return &dropped{Core: core}, err
	}
	out, err := control(t, "raft", "register", 1, nil).
		Simulate(t.Context(), bundled.New(p), sim.Options{Unchecked: true})
	if err != nil {
		t.Fatal(err)
	}
	signs, _ := out.Signs()
	if out.Result.Verdict != checker.Invalid || len(signs) == 0 ||
		signs[len(signs)-1] != (harness.Sign{Checker: "core", Evidence: "panic"}) {
		t.Errorf("a core that panics: %v, %v", out.Result.Verdict, signs)
	}

	for name, g := range map[string]generator.Generator{
		"at once": rogue{panics: true},
		"later":   generator.Phases(reads(50), rogue{panics: true}),
	} {
		x := control(t, "raft", "register", 1, nil)
		x.Workload.Generator = func(workloads.Options) generator.Generator { return g }
		_, err := x.Simulate(t.Context(), raft, sim.Options{})
		var panicked *cluster.PanicError
		if !errors.As(err, &panicked) || panicked.Core != "" ||
			err.Error() != "the run panicked: no idea what to do next" {
			t.Errorf("a workload that panics %s: %v", name, err)
			continue
		}
		if !strings.Contains(string(panicked.Stack), "rogue.Next") {
			t.Errorf("%s: the stack does not tell where:\n%s", name, panicked.Stack)
		}
	}
}
