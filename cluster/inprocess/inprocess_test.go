package inprocess_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/clustertest"
	"github.com/splitvote/splitvote/cluster/inprocess"
	"github.com/splitvote/splitvote/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func registers(cfg cluster.Config) inprocess.Config {
	if cfg.Nodes == nil {
		cfg.Nodes = []history.NodeID{"n1", "n2", "n3"}
	}
	return inprocess.Config{
		Config: cfg, Name: "registers",
		Start: func(m inprocess.Member) (inprocess.Node, error) { return open(m, true) },
		Dial: func(_ context.Context, m inprocess.Member) (cluster.Client, error) {
			return caller{m.Node().(*replica)}, nil
		},
	}
}

// What every backend promises.
func TestSuite(t *testing.T) {
	cfg := cluster.Config{Seed: 1, Dir: t.TempDir()}
	clustertest.Run(t, cfg, func(t *testing.T, cfg cluster.Config) cluster.Cluster {
		c, err := inprocess.Open(t.Context(), registers(cfg), nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}

// quiet is a member that does nothing.
type quiet struct{ close func() error }

func (q quiet) Close() error {
	if q.close == nil {
		return nil
	}
	return q.close()
}

// nothing is a client of it.
type nothing struct{ invoke func(context.Context) }

func (n nothing) Close() error { return nil }

func (n nothing) Invoke(ctx context.Context, op history.Op) cluster.Answer {
	if n.invoke != nil {
		n.invoke(ctx)
	}
	op.Kind = history.Ok
	return cluster.Answer{Op: op}
}

func single(t *testing.T) inprocess.Config {
	return inprocess.Config{
		Config: cluster.Config{
			Nodes: []history.NodeID{"n1"}, Dir: t.TempDir(), Retry: cluster.DefaultRetry, Log: io.Discard,
		},
		Start: func(inprocess.Member) (inprocess.Node, error) { return quiet{}, nil },
		Dial:  func(context.Context, inprocess.Member) (cluster.Client, error) { return nothing{}, nil },
	}
}

// Whatever is wrong with functions of the user's is an error in one sentence.
func TestBadFunctions(t *testing.T) {
	var never chan struct{} // made anew in each bubble
	for _, test := range []struct {
		name string
		make func(*inprocess.Config)
		want string
	}{
		{"start fails", func(c *inprocess.Config) {
			c.Start = func(inprocess.Member) (inprocess.Node, error) { return nil, errors.New("no licence") }
		}, "start n1: no licence"},
		{"start panics", func(c *inprocess.Config) {
			c.Start = func(inprocess.Member) (inprocess.Node, error) { panic("oh") }
		}, "start n1: Start panicked: oh"},
		{"start returns nothing", func(c *inprocess.Config) {
			c.Start = func(inprocess.Member) (inprocess.Node, error) { return nil, nil }
		}, "start n1: Start returned no node"},
		{"start waits for the end", func(c *inprocess.Config) {
			c.Start = func(m inprocess.Member) (inprocess.Node, error) {
				<-m.Context().Done()
				return quiet{}, nil
			}
		}, "start n1: Start has not returned within 200ms"},
		{"dial never answers", func(c *inprocess.Config) {
			c.Dial = func(ctx context.Context, _ inprocess.Member) (cluster.Client, error) {
				<-never
				return nothing{}, nil
			}
		}, "dial n1: Dial has not returned in time: waited 200ms"},
		{"dial fails", func(c *inprocess.Config) {
			c.Dial = func(context.Context, inprocess.Member) (cluster.Client, error) { return nil, io.EOF }
		}, "dial n1: EOF"},
		{"close never returns", func(c *inprocess.Config) {
			c.Start = func(inprocess.Member) (inprocess.Node, error) {
				return quiet{func() error { <-never; return nil }}, nil
			}
		}, "Close of n1 has not returned within 200ms"},
		{"close panics", func(c *inprocess.Config) {
			c.Start = func(inprocess.Member) (inprocess.Node, error) { return quiet{func() error { panic("oh") }}, nil }
		}, "Close of n1 panicked: oh"},
		{"a goroutine is left", func(c *inprocess.Config) {
			c.Start = func(inprocess.Member) (inprocess.Node, error) {
				go forgotten(never)
				go forgotten(never)
				return quiet{}, nil
			}
		}, "n1 has left 2 goroutines behind after Close: " +
			"github.com/splitvote/splitvote/cluster/inprocess_test.forgotten"},
		{"the whole is well", func(*inprocess.Config) {}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				never = make(chan struct{})
				defer close(never)
				cfg := single(t)
				cfg.Limit = 200 * time.Millisecond
				test.make(&cfg)
				c, err := inprocess.Open(t.Context(), cfg, nil)
				if err == nil {
					err = c.Close()
				}
				got := ""
				if err != nil {
					got = err.Error()
				}
				if test.want == "" && got != "" || !strings.HasPrefix(got, test.want) {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			})
		})
	}
}

func forgotten(until chan struct{}) { <-until }

// do makes a call and waits for its completion.
func do(t *testing.T, c *inprocess.Cluster, op history.Op) history.Op {
	t.Helper()
	c.Invoke(op)
	done, ok := c.Next(t.Context(), c.Now()+time.Minute)
	if !ok {
		t.Fatal("no completion")
	}
	return done
}

// I2: what a killed member still writes is nobody's, and its context ends after its network.
func TestAKilledMemberIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := single(t)
		var starts []string
		cfg.Start = func(m inprocess.Member) (inprocess.Node, error) {
			found, _ := os.ReadFile(filepath.Join(m.Dir, "sub", "file"))
			starts = append(starts, string(found))
			os.Mkdir(filepath.Join(m.Dir, "sub"), 0o755)
			write := func(what string) { os.WriteFile(filepath.Join(m.Dir, "sub", "file"), []byte(what), 0o644) }
			write("kept")
			return quiet{func() error {
				if m.Context().Err() == nil {
					t.Error("Close was called before the context ended")
				}
				if _, err := m.Listener.Accept(); err == nil {
					t.Error("a killed member accepts")
				}
				write("written on the way out")
				return nil
			}}, nil
		}
		c, err := inprocess.Open(t.Context(), cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := c.Kill(t.Context(), "n1"); !p.Bit || err != nil || !strings.HasSuffix(p.Text, "; 1 files kept") {
			t.Errorf("%+v, %v", p, err)
		}
		if done := do(t, c, history.Op{Node: "n1", F: "read"}); done.Kind != history.Fail || done.Err != "n1 is down" {
			t.Errorf("a call of a killed member: %+v", done)
		}
		if p, err := c.Start(t.Context(), "n1"); !p.Bit || err != nil {
			t.Errorf("%+v, %v", p, err)
		}
		if done := do(t, c, history.Op{Node: "n1", F: "read"}); done.Kind != history.Ok {
			t.Errorf("a call of a member that runs again: %+v", done)
		}
		if want := []string{"", "kept"}; strings.Join(starts, ",") != strings.Join(want, ",") {
			t.Errorf("incarnations found %q, want %q", starts, want)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// I4, and a call of a member that is paused.
func TestCallsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := single(t)
		cfg.Start = func(m inprocess.Member) (inprocess.Node, error) { return quiet{}, nil }
		cfg.Dial = func(_ context.Context, m inprocess.Member) (cluster.Client, error) {
			m.Node()
			return nothing{func(context.Context) { time.Sleep(100 * time.Millisecond) }}, nil
		}
		c, err := inprocess.Open(t.Context(), cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Pause(t.Context(), "n1")
		done := do(t, c, history.Op{Node: "n1", F: "read"})
		if done.Kind != history.Fail || done.Err != "n1 is paused, and was not reached" {
			t.Errorf("a call of a paused member: %+v", done)
		}
		if p, err := c.Resume(t.Context(), "n1"); !p.Bit || err != nil {
			t.Errorf("%+v, %v", p, err)
		}
		c.Invoke(history.Op{Node: "n1", F: "read", Process: 1})
		time.Sleep(50 * time.Millisecond)
		c.Kill(t.Context(), "n1")
		done, _ = c.Next(t.Context(), c.Now()+time.Minute)
		if done.Kind != history.Info || done.Err != "n1: was killed during the call" {
			t.Errorf("a call that was under way: %+v", done)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A member that does not start on what it has kept is a finding.
func TestAMemberThatDoesNotComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := single(t)
		var exits []cluster.Exit
		cfg.OnExit = func(e cluster.Exit) { exits = append(exits, e) }
		first := true
		cfg.Start = func(inprocess.Member) (inprocess.Node, error) {
			if !first {
				return nil, errors.New("the log is torn")
			}
			first = false
			return quiet{}, nil
		}
		c, err := inprocess.Open(t.Context(), cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Kill(t.Context(), "n1")
		if _, err := c.Start(t.Context(), "n1"); err == nil {
			t.Error("it started")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if len(exits) != 1 || exits[0].How != "it does not start again: start n1: the log is torn" {
			t.Errorf("told of %+v", exits)
		}
	})
}
