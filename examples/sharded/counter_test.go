package sharded_test

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"

	"example.com/sharded"
)

// hammer lets goroutines add to few keys and read them, and judges what they were told.
func hammer(t *testing.T, c *sharded.Counters) {
	r := history.NewRecorder(nil)
	var clients sync.WaitGroup
	for client := range history.Process(4) {
		clients.Go(func() {
			for i := range 150 {
				op := history.Op{F: "read", Key: fmt.Sprint("k", i/10)} // ten calls of each client on a key
				if i%2 == 0 {
					op.F, op.Value = "add", history.ValueOf(1)
				}
				r.Call(client, op, func() (any, error) {
					runtime.Gosched()
					if op.F == "read" {
						return c.Read(op.Key), nil
					}
					c.Add(op.Key, 1)
					return nil, nil
				})
			}
		})
	}
	clients.Wait()
	h, err := r.History()
	if err != nil {
		t.Fatal(err)
	}
	judge, err := linear.New("counter", linear.Options{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	result := judge.Check(t.Context(), h)
	if result.Verdict == checker.Valid {
		return
	}
	t.Error(result.Verdict, result.Reason)
	for _, e := range result.Evidence {
		for _, claim := range e.Why {
			t.Log(claim.Text)
		}
	}
}

func TestCountersAreLinearizable(t *testing.T) { hammer(t, sharded.New()) }

// CARELESS=1 go test -run TestCareless fails, and shows the additions that were lost.
func TestCareless(t *testing.T) {
	if os.Getenv("CARELESS") == "" {
		t.Skip("it fails on purpose: CARELESS=1 lets it")
	}
	for range 1000 {
		c := sharded.New()
		c.Careless = true
		if hammer(t, c); t.Failed() {
			return
		}
	}
}
