package splitvotetest

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/inprocess"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/workloads"
)

// Run tests a cluster of members in this process. It fails the test if a seed's answers are wrong,
// or if too little happened to decide; it ends the test if the cluster or the plan is unfit.
func Run(t *testing.T, c Cluster, p Plan) {
	t.Helper()
	run(t, c, p, "")
}

// run is Run, with lies of the given kind; "" tells none.
func run(t *testing.T, c Cluster, p Plan, lie string) {
	t.Helper()
	nodes, bubble := cmp.Or(c.Nodes, 3), inBubble()
	name := cmp.Or(c.Name, t.Name())
	virtual := p.Virtual || bubble
	x, err := p.resolve(name, nodes, virtual, testing.Short(), powers, nil)
	if err != nil {
		t.Fatalf("the plan: %v", err)
	}
	if c.Start == nil || c.Dial == nil {
		t.Fatal("the cluster: it needs both a Start and a Dial")
	}
	each(t, p, bubble, func(t *testing.T, seed uint64) {
		t.Helper()
		e := newExperiment(t, x, name, seed, virtual)
		e.x.Plan.Control = lie
		e.open = func(ctx context.Context, e *experiment, cfg cluster.Config) (cluster.Cluster, error) {
			c, err := inprocess.Open(ctx, inprocess.Config{
				Config: cfg, Name: name, Start: c.Start,
				Dial: func(ctx context.Context, m Member) (cluster.Client, error) {
					client, err := c.Dial(ctx, m)
					if client == nil {
						return nil, err
					}
					return adapter{client}, err
				},
			}, func(client cluster.Client) (err error) {
				e.x, err = suit(e.x, func(w workloads.Workload) []string {
					return lacks(client.(adapter).Client, w.Calls)
				})
				return err
			})
			if err != nil {
				return nil, err // not a nil *inprocess.Cluster
			}
			return c, nil
		}
		e.test(t, p.Virtual && !bubble)
	})
}

// each runs the plan's seeds, each as a subtest where there can be any.
func each(t *testing.T, p Plan, bubble bool, run func(t *testing.T, seed uint64)) {
	t.Helper()
	seeds := p.seeds(testing.Short(), asked())
	if bubble { // in which t.Run cannot be called
		for _, seed := range seeds {
			run(t, seed)
		}
		return
	}
	for _, seed := range seeds {
		t.Run("seed="+strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Helper()
			run(t, seed)
		})
	}
}

// seeds are those of the plan, and what -run has asked for.
func (p Plan) seeds(short bool, asked []uint64) []uint64 {
	var seeds []uint64
	n := max(1, p.Seeds)
	if short {
		n = 1
	}
	for i := range n {
		seeds = append(seeds, cmp.Or(p.Seed, 1)+uint64(i))
	}
	for _, seed := range asked {
		if !slices.Contains(seeds, seed) {
			seeds = append(seeds, seed)
		}
	}
	return seeds
}

var seedShape = regexp.MustCompile(`seed=(\d+)`)

// asked are the seeds that -run names.
func asked() (seeds []uint64) {
	run := flag.Lookup("test.run")
	if run == nil {
		return nil
	}
	for _, m := range seedShape.FindAllStringSubmatch(run.Value.String(), -1) {
		if seed, err := strconv.ParseUint(m[1], 10, 64); err == nil && seed > 0 {
			seeds = append(seeds, seed)
		}
	}
	return seeds
}

// inBubble says whether the goroutine is in a testing/synctest bubble: its stack says so.
func inBubble() bool {
	head := make([]byte, 100)
	head = head[:runtime.Stack(head, false)]
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.Contains(line, []byte("synctest bubble"))
}

// reserve is how long before the end of -timeout a run is stopped, to be judged and reported.
const reserve = 5 * time.Second

// test carries out one seed and reports on it, in a bubble of its own if so wished.
func (e *experiment) test(t *testing.T, bubble bool) {
	t.Helper()
	var problem error
	if bubble {
		problem = e.inBubble(t)
	} else {
		ctx := t.Context()
		if !e.virtual {
			if end, limited := t.Deadline(); limited {
				left, takes := time.Until(end)-reserve, time.Duration(e.x.Plan.TimeLimit)
				if left < takes {
					t.Fatalf("the plan: it takes %v, and -timeout leaves %v", takes, max(0, left).Round(time.Second))
				}
				var cancel context.CancelFunc
				soon := fmt.Errorf("stopped %v before -timeout", reserve)
				ctx, cancel = context.WithDeadlineCause(ctx, end.Add(-reserve), soon)
				defer cancel()
			}
		}
		problem = e.drive(ctx)
	}
	e.report(t, problem)
}

// inBubble drives the run in virtual time. A goroutine that never ends stays in the bubble, and is
// an error.
func (e *experiment) inBubble(t *testing.T) (problem error) {
	defer e.watch()()
	ended := false
	defer func() {
		if p := recover(); p != nil {
			if !ended {
				problem = fmt.Errorf("virtual time stands still: %v", p)
			} else if problem == nil {
				problem = fmt.Errorf("something is left in the bubble: %v", p)
			}
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		problem = e.drive(t.Context())
		ended = true
	})
	return problem
}

// command repeats a test.
func command(t *testing.T) string {
	parts := strings.Split(t.Name(), "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return fmt.Sprintf("go test -run '%s' %s", strings.Join(parts, "/"), here())
}

// here is the package under test, by its path from the module's root.
func here() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			if path, err := filepath.Rel(root, dir); err == nil {
				return "./" + filepath.ToSlash(strings.TrimPrefix(path, "."))
			}
		}
		if root == filepath.Dir(root) {
			return "."
		}
	}
}

func nodeNames(n int) []history.NodeID { return harness.NodeNames(n) }
