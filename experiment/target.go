package experiment

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/judge"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/targets/service"
	"github.com/splitvote/splitvote/workloads"
)

// Target is a system under test as a run sees it: a bundled protocol, or a service that a file
// describes.
type Target struct {
	cluster.Target
	protocol protocol.Protocol // the zero value of a service
	service  *service.Service  // nil of a bundled protocol
}

// Load finds what a plan names: a bundled target, or the file of a service.
func Load(name string) (Target, error) {
	if _, ok := bundled.Named(name); ok {
		return Bundled(name), nil
	}
	if !IsFile(name) {
		return Target{}, nil // for the plan's validation to say
	}
	s, err := service.Load(name)
	if err != nil {
		return Target{}, failure.Usage(err, "docs/services.md says what the file of a service has")
	}
	return Target{Target: s, service: s}, nil
}

// Bundled is the bundled target of that name, which there is.
func Bundled(name string) Target {
	b, _ := bundled.Named(name)
	return Target{Target: b, protocol: b.Protocol()}
}

// IsFile tells the file of a service from the name of a target.
func IsFile(name string) bool {
	return strings.ContainsRune(name, filepath.Separator) || filepath.Ext(name) == ".yaml" ||
		filepath.Ext(name) == ".yml"
}

// known is what plans on the target may say.
func (t Target) known(p plan.Plan) plan.Known {
	k := plan.Known{
		Targets:   bundled.Names(),
		Backends:  BackendNames(),
		Workloads: workloads.Names(),
		Faults:    nemesis.Names(),
		Settings:  harness.Settings(),
		Controls:  controls.Names(),
	}
	if t.service != nil {
		k.Targets = append(k.Targets, p.Target)
	}
	for _, m := range t.protocol.Mutants {
		k.Bugs = append(k.Bugs, m.Name)
	}
	for _, o := range t.protocol.Options {
		k.Settings = append(
			k.Settings,
			plan.Setting{Name: o.Name, Default: o.Default, Values: o.Values, Doc: o.Doc},
		)
	}
	return k
}

// can says why a plan asks the target for something that it has not: an object, a call, something
// for a fault to act on.
func (t Target) can(p plan.Plan) error {
	w, _ := workloads.Named(p.Workload)
	hint := fmt.Sprintf("workloads for %s: %s", t.Name(), strings.Join(t.workloads(), ", "))
	if !slices.Contains(t.Objects(), w.Object) {
		return failure.Usage(
			fmt.Errorf("workload: %s works on a %s, which %s does not have", p.Workload, w.Object, t.Name()),
			hint,
		)
	}
	if missing := t.missing(w); len(missing) > 0 {
		return failure.Usage(
			fmt.Errorf(
				"workload: %s calls %s, which %s does not have",
				p.Workload,
				strings.Join(missing, ", "),
				t.Name(),
			),
			hint,
		)
	}
	for _, f := range p.Faults {
		if slices.Contains(t.lacks(), f) {
			return failure.Usage(fmt.Errorf("faults: %s finds nothing to act on in %s", f, t.Name()),
				fmt.Sprintf("faults for %s: %s", t.Name(), strings.Join(t.suffers(p.Backend), ", ")))
		}
	}
	if t.service != nil && p.Consistency == "" && t.service.Promise() != "" {
		return judge.CheckLevel(p.Target+": promises", w.Model, t.service.Promise())
	}
	return nil
}

// suffers are the faults that the target can suffer on a backend; auto is any that it runs on.
func (t Target) suffers(on string) []string {
	var names []string
	for _, name := range nemesis.Names() {
		can := slices.ContainsFunc(Backends, func(b Backend) bool {
			return (b.Name == on || on == "auto" && t.runsOn(b.Name) == nil) &&
				nemesis.Missing([]string{name}, b.powers, t.lacks()...) == nil
		})
		if can {
			names = append(names, name)
		}
	}
	return names
}

// missing are the calls of a workload that a service has not.
func (t Target) missing(w workloads.Workload) []string {
	if t.service == nil {
		return nil
	}
	has := t.service.Calls(w.Object)
	return slices.DeleteFunc(slices.Clone(w.Calls), func(call string) bool { return slices.Contains(has, call) })
}

// workloads are those whose objects and calls the target has.
func (t Target) workloads() []string {
	var names []string
	for _, w := range workloads.All() {
		if slices.Contains(t.Objects(), w.Object) && len(t.missing(w)) == 0 {
			names = append(names, w.Name)
		}
	}
	return names
}

// usualWorkload is the usual one, or the first that a service can serve which cannot serve that.
func (t Target) usualWorkload(usual string) string {
	if t.service == nil {
		return usual
	}
	if can := t.workloads(); len(can) > 0 && !slices.Contains(can, usual) {
		return can[0]
	}
	return usual
}

// lacks are the kinds of faults that find nothing to act on.
func (t Target) lacks() []string {
	if t.service != nil {
		// A service's clock is the machine's, which is nobody's to set, and the rest is for cores
		// in the simulator.
		return []string{"clock", "drift", "disk", "disk-loss", "crash", "members", "transfer"}
	}
	return t.protocol.Lacks
}

// nodes are the members of a cluster of n.
func (t Target) nodes(n int) []history.NodeID {
	if t.service != nil && len(t.service.Members()) > 0 {
		return t.service.Members()
	}
	return harness.NodeNames(n)
}

// port is that of clients inside a container; 0 is the only published one.
func (t Target) port() uint16 {
	if t.service == nil {
		return 0
	}
	return t.service.Port()
}

// tellsRole reports whether members can be asked for their roles.
func (t Target) tellsRole() bool { return t.service == nil || t.service.TellsRole() }

// Experiment is that of a complete plan on the target.
func (t Target) Experiment(p plan.Plan) harness.Experiment {
	w, _ := workloads.Named(p.Workload)
	x := harness.Experiment{Plan: p, Workload: w}
	if t.service != nil {
		x.Settle, x.Consistency = t.service.Settle(), t.service.Promise()
	} else {
		x.Settle, x.Consistency = time.Duration(t.protocol.Settle)*harness.Tick, t.protocol.Promise(p.Set)
	}
	return x
}

// runsOn says why the target does not run on a backend, nil if it does.
func (t Target) runsOn(backend string) error {
	if t.service == nil || slices.Contains(t.service.Backends(), backend) {
		return nil
	}
	if on := t.service.Backends(); len(on) > 0 {
		return failure.Usage(
			fmt.Errorf("backend: %s runs on %s, by what its file says", t.Name(), strings.Join(on, " and ")),
		)
	}
	return failure.Usage(
		errors.New(
			"backend: the file of "+t.Name()+" says neither under local nor under docker how a member is started",
		),
		"--attach tests containers that run already",
	)
}

// close ends what the target itself has started.
func (t Target) close() {
	if t.service != nil {
		t.service.Close()
	}
}
