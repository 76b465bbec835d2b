package harness_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster/local"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

var five = []history.NodeID{"n1", "n2", "n3", "n4", "n5"}

// experiment is a plan of reads and writes, which every protocol serves, with every default
// written out.
func experiment(b *testing.B, target string, faults []string, limit time.Duration) harness.Experiment {
	p := plan.Default()
	p.Target, p.Workload, p.Faults, p.Seed, p.TimeLimit = target, "read-write", faults, 1, plan.Duration(limit)
	workload, _ := workloads.Named(p.Workload)
	p.Set = named(b, p.Target).Protocol().Defaults()
	return harness.Experiment{Plan: p, Workload: workload}
}

// BenchmarkSimulatedSeconds reports how many seconds of five nodes at 100 calls a second pass in
// one real second on one core, including generator, clients and recording and excluding checking,
// and what watching the invariants costs.
func BenchmarkSimulatedSeconds(b *testing.B) {
	for _, target := range bundled.All() {
		for _, test := range []struct {
			name    string
			faults  []string
			options sim.Options
		}{
			{"faults=none", nil, sim.Options{}},
			{"faults=none,invariants=none", nil, sim.Options{Unchecked: true}},
			{"faults=four", []string{"partition", "kill", "pause", "links"}, sim.Options{}},
		} {
			b.Run("target="+target.Name()+","+test.name, func(b *testing.B) {
				x := experiment(b, target.Name(), test.faults, time.Minute)
				cfg := x.Config(target, five)
				cfg.Log = b.Output()
				var simulated time.Duration
				for b.Loop() {
					c, err := sim.Open(cfg, test.options)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := x.Run(context.Background(), c, history.NewRecorder(nil), nil); err != nil {
						b.Fatal(err)
					}
					simulated += c.Now()
					c.Close()
				}
				b.ReportMetric(simulated.Seconds()/b.Elapsed().Seconds(), "sim-s/s")
			})
		}
	}
}

// BenchmarkLocal reports how many calls a second the harness drives and records with five nodes in
// child processes, every client calling again at once, and the loop's own share of the time (the
// rest is waiting for the nodes).
func BenchmarkLocal(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "splitvote")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/splitvote").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	x := experiment(b, "raft", nil, 5*time.Second)
	x.Plan.Rate, x.Plan.Concurrency = 1e6, "10n"
	calls, wall, waiting := 0, time.Duration(0), time.Duration(0)
	for b.Loop() {
		cfg := x.Config(named(b, "raft"), five)
		cfg.Dir, cfg.Run, cfg.Log = b.TempDir(), "bench", b.Output()
		c, err := local.Open(context.Background(), local.Config{Config: cfg, Executable: binary, State: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		file, err := os.Create(filepath.Join(cfg.Dir, "history.jsonl"))
		if err != nil {
			b.Fatal(err)
		}
		rec := history.NewRecorder(file)
		times, err := x.Run(context.Background(), c, rec, nil)
		if err != nil {
			b.Fatal(err)
		}
		h, err := rec.History()
		if err != nil {
			b.Fatal(err)
		}
		calls, wall, waiting = calls+len(h.Calls()), wall+times.Wall, waiting+times.Waiting
		file.Close()
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(calls)/wall.Seconds(), "calls/s")
	b.ReportMetric(100*(wall-waiting).Seconds()/wall.Seconds(), "%harness")
}

// BenchmarkCampaign reports how many seeds a second a campaign draws, runs and judges on all
// processors.
func BenchmarkCampaign(b *testing.B) {
	for _, target := range bundled.All() {
		b.Run("target="+target.Name(), func(b *testing.B) {
			base := experiment(b, target.Name(), nil, time.Minute).Plan
			base.CheckerTimeout = plan.Duration(5 * time.Second)
			c := harness.Campaign{Target: target, First: 1, Shard: harness.Whole, Jobs: runtime.GOMAXPROCS(0),
				Draw: func(seed uint64) (harness.Experiment, error) {
					p := plan.Draw(seed, base, harness.Space(target))
					workload, _ := workloads.Named(p.Workload)
					return harness.Experiment{Plan: p, Workload: workload,
						Consistency: target.Protocol().Consistency}, nil
				}}
			seeds := 0
			var simulated time.Duration
			for b.Loop() {
				err := c.Run(context.Background(), seeds, seeds+20, func(t harness.Trial) bool {
					simulated += t.Outcome.Virtual
					return true
				})
				if err != nil {
					b.Fatal(err)
				}
				seeds += 20
			}
			b.ReportMetric(float64(seeds)/b.Elapsed().Seconds(), "seeds/s")
			b.ReportMetric(simulated.Seconds()/b.Elapsed().Seconds(), "sim-s/s")
		})
	}
}
