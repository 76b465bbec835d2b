package splitvotetest_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/splitvotetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(inner) != "" {
		os.Exit(m.Run()) // some leave goroutines behind on purpose
	}
	goleak.VerifyTestMain(m)
}

// single is one member that holds registers in memory. A stale one answers reads from the past.
type single struct {
	mu    sync.Mutex
	now   map[string]int
	old   map[string]int
	stale bool
}

func (s *single) Close() error { return nil }

func (s *single) read(_ context.Context, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stale {
		return s.old[key], nil
	}
	return s.now[key], nil
}

func (s *single) write(_ context.Context, key string, v int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.old[key], s.now[key] = s.now[key], v
	return nil
}

func (s *single) cas(_ context.Context, key string, old, new int) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now[key] != old {
		return false, nil
	}
	s.old[key], s.now[key] = old, new
	return true, nil
}

func singles(stale bool) splitvotetest.Cluster {
	return splitvotetest.Cluster{
		Nodes: 1, Name: "single",
		Start: func(splitvotetest.Member) (splitvotetest.Node, error) {
			return &single{now: map[string]int{}, old: map[string]int{}, stale: stale}, nil
		},
		Dial: func(_ context.Context, m splitvotetest.Member) (splitvotetest.Client, error) {
			s := m.Node().(*single)
			return splitvotetest.Register{Read: s.read, Write: s.write, CAS: s.cas}, nil
		},
	}
}

func TestACorrectClusterPasses(t *testing.T) {
	splitvotetest.Run(t, singles(false), splitvotetest.Plan{Virtual: true, Seeds: 2})
}

func TestInABubbleOfTheTestsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		splitvotetest.Run(t, singles(false), splitvotetest.Plan{Seeds: 2})
		if took := time.Since(start); took < 2*time.Minute {
			t.Errorf("two seeds took %v of virtual time", took)
		}
	})
}

func TestInRealTime(t *testing.T) {
	splitvotetest.Run(t, singles(false), splitvotetest.Plan{Time: 500 * time.Millisecond, Rate: 500})
}

// Every client that the package has, at a member that does as it should.
func TestClients(t *testing.T) {
	type object struct {
		sync.Mutex
		lists map[string][]int
		sums  map[string]int
	}
	for workload, dial := range map[string]func(*object) splitvotetest.Client{
		"append": func(o *object) splitvotetest.Client {
			return splitvotetest.List{
				Append: func(_ context.Context, key string, v int) error {
					o.Lock()
					defer o.Unlock()
					o.lists[key] = append(o.lists[key], v)
					return nil
				},
				Read: func(_ context.Context, key string) ([]int, error) {
					o.Lock()
					defer o.Unlock()
					return o.lists[key], nil
				},
			}
		},
		"set": func(o *object) splitvotetest.Client {
			return splitvotetest.Set{
				Add: func(_ context.Context, key string, v int) error {
					o.Lock()
					defer o.Unlock()
					o.lists[key] = append(o.lists[key], v)
					return nil
				},
				Read: func(_ context.Context, key string) ([]int, error) {
					o.Lock()
					defer o.Unlock()
					return o.lists[key], nil
				},
			}
		},
		"counter": func(o *object) splitvotetest.Client {
			return splitvotetest.Counter{
				Add: func(_ context.Context, key string, v int) error {
					o.Lock()
					defer o.Unlock()
					o.sums[key] += v
					return nil
				},
				Read: func(_ context.Context, key string) (int, error) {
					o.Lock()
					defer o.Unlock()
					return o.sums[key], nil
				},
			}
		},
		// A call that another member serves, and one that is refused.
		"unique-ids": func(o *object) splitvotetest.Client {
			return splitvotetest.ClientFunc(func(_ context.Context, op splitvotetest.Op) (any, error) {
				o.Lock()
				defer o.Unlock()
				switch o.sums[""]++; o.sums[""] % 3 {
				case 0:
					return nil, splitvotetest.Elsewhere(errors.New("not here"), "")
				case 1:
					return nil, splitvotetest.Failed(errors.New("no more of them"))
				}
				return o.sums[""], nil
			})
		},
	} {
		t.Run(workload, func(t *testing.T) {
			splitvotetest.Run(t, splitvotetest.Cluster{
				Nodes: 1,
				Start: func(splitvotetest.Member) (splitvotetest.Node, error) { return &single{}, nil },
				Dial: func() func(context.Context, splitvotetest.Member) (splitvotetest.Client, error) {
					o := &object{lists: map[string][]int{}, sums: map[string]int{}}
					return func(_ context.Context, m splitvotetest.Member) (splitvotetest.Client, error) {
						m.Node()
						return dial(o), nil
					}
				}(),
			}, splitvotetest.Plan{Workload: workload, Virtual: true, Faults: "none"})
		})
	}
}

// inner is set in the process that runs TestThatFails.
const inner = "SPLITVOTE_INNER"

var never = make(chan struct{})

func forgotten() { <-never }

// failing are tests that fail, and what they say. Each line begins with the place in this file.
var failing = []struct {
	name string
	run  func(t *testing.T)
	want string // a pattern
}{
	{"evidence", func(t *testing.T) {
		splitvotetest.Run(t, singles(true), splitvotetest.Plan{Virtual: true, Seed: 7})
	}, `run_test.go:\d+: INVALID  register on single \(inprocess, 1 node, seed 7\)(?s:.*)` +
		`key k\d+ is not linearizable(?s:.*)  #\d+  p\d+ (?s:.*)#\d+ began after #\d+ ended, (?s:.*)` +
		`repeat  go test -run '\^TestThatFails\$/\^evidence\$/\^seed=7\$' ./splitvotetest\n` +
		`.*-artifacts keeps the history and the report`},
	{"start", func(t *testing.T) {
		c := singles(false)
		c.Start = func(splitvotetest.Member) (splitvotetest.Node, error) { return nil, errors.New("no licence") }
		splitvotetest.Run(t, c, splitvotetest.Plan{})
	}, `run_test.go:\d+: the cluster: start n1: no licence\n`},
	{"dial", func(t *testing.T) {
		c := singles(false)
		c.Dial = func(ctx context.Context, _ splitvotetest.Member) (splitvotetest.Client, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		splitvotetest.Run(t, c, splitvotetest.Plan{Virtual: true})
	}, `run_test.go:\d+: the cluster: dial n1: .*waited 10s\n`},
	{"leak", func(t *testing.T) {
		c := singles(false)
		start := c.Start
		c.Start = func(m splitvotetest.Member) (splitvotetest.Node, error) {
			go forgotten()
			return start(m)
		}
		splitvotetest.Run(t, c, splitvotetest.Plan{Time: 100 * time.Millisecond})
	}, `run_test.go:\d+: the cluster: n1 has left a goroutine behind after Close: \S+splitvotetest_test.forgotten`},
	{"leak in a bubble", func(t *testing.T) {
		c := singles(false)
		start := c.Start
		c.Start = func(m splitvotetest.Member) (splitvotetest.Node, error) {
			stop := make(chan struct{})
			go func() { <-stop }()
			return start(m)
		}
		splitvotetest.Run(t, c, splitvotetest.Plan{Virtual: true, Time: time.Second})
	}, `run_test.go:\d+: the cluster: n1 has left a goroutine behind after Close: \S+splitvotetest_test.init`},
	{"fault", func(t *testing.T) {
		splitvotetest.Run(t, singles(false), splitvotetest.Plan{Faults: "kill,clock"})
	}, `run_test.go:\d+: the plan: faults: this cluster cannot \w+ clock: .*partition, kill, pause, links, hold\n`},
	{"nodes", func(t *testing.T) {
		splitvotetest.Run(t, singles(false), splitvotetest.Plan{Faults: "partition"})
	}, `run_test.go:\d+: the plan: faults: fault partition \w+ \d nodes.* there are only 1\n`},
	{"workload", func(t *testing.T) {
		splitvotetest.Run(t, singles(false), splitvotetest.Plan{Workload: "regster"})
	}, `run_test.go:\d+: the plan: workload: no such name: "regster" \(did you mean register\?\)\n`},
	{"calls", func(t *testing.T) {
		splitvotetest.Run(t, singles(false), splitvotetest.Plan{Workload: "queue"})
	}, `run_test.go:\d+: the cluster: workload: queue makes calls that the client does not know: enqueue, dequeue ` +
		`\(it knows those of register, read-write\)\n`},
	{"panic in a call", func(t *testing.T) {
		c := singles(false)
		c.Dial = func(context.Context, splitvotetest.Member) (splitvotetest.Client, error) {
			return splitvotetest.ClientFunc(func(context.Context, splitvotetest.Op) (any, error) { panic("oh") }), nil
		}
		splitvotetest.Run(t, c, splitvotetest.Plan{Virtual: true, Workload: "register"})
	}, `run_test.go:\d+: .*(?s:.*)the run panicked: oh`},
	{"nothing succeeds", func(t *testing.T) {
		c := singles(false)
		c.Dial = func(context.Context, splitvotetest.Member) (splitvotetest.Client, error) {
			return splitvotetest.ClientFunc(func(context.Context, splitvotetest.Op) (any, error) {
				return nil, splitvotetest.Failed(errors.New("not today"))
			}), nil
		}
		splitvotetest.Run(t, c, splitvotetest.Plan{Virtual: true, Workload: "register", Time: 5 * time.Second})
	}, `run_test.go:\d+: (INVALID|UNKNOWN)  register on single`},
	{"service", func(t *testing.T) {
		if _, err := exec.LookPath("python3"); err != nil {
			t.Skip("python3 is not installed")
		}
		splitvotetest.RunService(t, "../docs/services/primary-backup.yaml",
			splitvotetest.Plan{Faults: "partition", Time: 5 * time.Second, FailFast: true})
	}, `python3 is not installed|run_test.go:\d+: INVALID  read-write on primary-backup \(local, 3 nodes, seed 1\)`},
	{"service in virtual time", func(t *testing.T) {
		splitvotetest.RunService(t, "my.yaml", splitvotetest.Plan{Virtual: true})
	}, `run_test.go:\d+: my.yaml: processes take real time`},
	{"no service", func(t *testing.T) {
		splitvotetest.RunService(t, "my.yaml", splitvotetest.Plan{})
	}, `run_test.go:\d+: .*my.yaml: no such file`},
	{"service that cannot", func(t *testing.T) {
		splitvotetest.RunService(t, "../docs/services/primary-backup.yaml", splitvotetest.Plan{Workload: "queue"})
	}, `python3|run_test.go:\d+: the plan: workload: queue makes calls that the client does not know: enqueue, dequeue`},
	{"a wait outside the bubble", func(t *testing.T) {
		defer splitvotetest.SetStandstill(100 * time.Millisecond)()
		outside := make(chan struct{})
		defer time.AfterFunc(time.Second, func() { close(outside) }).Stop()
		c := singles(false)
		start := c.Start
		c.Start = func(m splitvotetest.Member) (splitvotetest.Node, error) {
			<-outside
			return start(m)
		}
		splitvotetest.Run(t, c, splitvotetest.Plan{Virtual: true, Time: time.Second})
	}, `splitvotetest: single, seed 1: virtual time has stood still for 100ms. A goroutine waits for something outside`},
	{"no functions", func(t *testing.T) {
		splitvotetest.Run(t, splitvotetest.Cluster{}, splitvotetest.Plan{})
	}, `run_test.go:\d+: the cluster: it needs both a Start and a Dial\n`},
}

// TestThatFails is run by TestFailures, in a process of its own.
func TestThatFails(t *testing.T) {
	if os.Getenv(inner) == "" {
		t.Skip("run by TestFailures")
	}
	for _, f := range failing {
		t.Run(f.name, f.run)
	}
}

// A failure says in the test's own line what is wrong, and nothing is said of what is well.
func TestFailures(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestThatFails$", "-test.v")
	cmd.Env = append(os.Environ(), inner+"=1")
	text, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatal("nothing failed")
	}
	for i, f := range failing {
		name := strings.ReplaceAll(f.name, " ", "_")
		_, after, found := bytes.Cut(text, []byte("=== RUN   TestThatFails/"+name+"\n"))
		if i+1 < len(failing) {
			next := "=== RUN   TestThatFails/" + strings.ReplaceAll(failing[i+1].name, " ", "_") + "\n"
			after, _, _ = bytes.Cut(after, []byte(next))
		}
		if !found || !regexp.MustCompile(f.want).Match(after) {
			t.Errorf("%s:\n%s\nwant %s", f.name, after, f.want)
		}
	}
}
