package splitvote_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/splitvote/splitvote"
	"github.com/splitvote/splitvote/history"
)

// Raft survives what it should survive; a Raft that forgets its vote does not.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "runs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for _, bug := range []string{"", "raft/vote-not-persisted"} {
		report, err := splitvote.Run(context.Background(), splitvote.Config{
			Target: "raft", Faults: []string{"partition", "kill"}, Nodes: 3, Time: 10 * time.Second,
			Seed: 1, Bug: bug, Dir: dir,
		})
		if err != nil {
			panic(err)
		}
		fmt.Println(report.Verdict)
	}
	// Output:
	// valid
	// invalid
}

// Two clients acquire a lock that nobody has released.
func ExampleCheck() {
	h, err := history.Read(strings.NewReader(`{"process":0,"type":"invoke","f":"acquire","value":null}
{"process":0,"type":"ok","f":"acquire","value":null}
{"process":1,"type":"invoke","f":"acquire","value":null}
{"process":1,"type":"ok","f":"acquire","value":null}
`))
	if err != nil {
		panic(err)
	}
	report, err := splitvote.Check(context.Background(), h, splitvote.Judgement{Model: "mutex"})
	if err != nil {
		panic(err)
	}
	fmt.Println(report.Verdict)
	for _, call := range report.Evidence[0].Calls {
		fmt.Println(call.Invoked.Process, call.Invoked.F)
	}
	// Output:
	// invalid
	// 0 acquire
	// 1 acquire
}
