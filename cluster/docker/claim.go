package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// claimed is the register in a found cluster that names the run whose data it holds.
const claimed = "splitvote-run"

// claimLimit is how long a found cluster may take to answer.
const claimLimit = 20 * time.Second

// claim makes a found cluster that of this run, and refuses one that holds another's data: clients
// would read what that run wrote, and a correct cluster would be accused. Where a target has no
// registers nobody can tell.
func (c *Cluster) claim(ctx context.Context, cfg cluster.Config) error {
	registers := slices.DeleteFunc([]string{"register", "cas-register"}, func(o string) bool {
		return !slices.Contains(cfg.Target.Objects(), o)
	})
	if len(registers) == 0 {
		return nil
	}
	object := registers[0]
	ctx, cancel := context.WithTimeout(ctx, claimLimit)
	defer cancel()
	session := cluster.Session{Process: 1 << 30, Object: object, Run: cfg.Run} // a process that no run has
	read, err := c.first(ctx, cfg.Target, session,
		history.Op{Kind: history.Invoke, Process: session.Process, F: "read", Key: claimed})
	if err != nil {
		return err
	}
	var run string
	_ = json.Unmarshal(read.Value, &run) // null, or what stands there is no run's name
	switch {
	case run == cfg.Run:
		return nil
	case string(read.Value) != "null":
		return &Error{fmt.Errorf("docker: the cluster holds the data of an earlier run, %s", read.Value),
			"every run needs an empty cluster: docker-compose down -v, and up again"}
	}
	name, err := json.Marshal(cfg.Run)
	if err != nil {
		return err
	}
	_, err = c.first(ctx, cfg.Target, session,
		history.Op{Index: 1, Kind: history.Invoke, Process: session.Process, F: "write", Key: claimed, Value: name})
	return err
}

// first asks one node after the other until one has carried out the call.
func (c *Cluster) first(ctx context.Context, target cluster.Target, session cluster.Session, op history.Op) (history.Op,
	error) {
	said := "no node answers"
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		for _, n := range c.nodes {
			client, err := target.Dial(ctx, n.address(), session)
			if err != nil {
				return history.Op{}, err
			}
			attempt, cancel := context.WithTimeout(ctx, time.Second)
			answer := client.Invoke(attempt, op)
			cancel()
			client.Close()
			if answer.Op.Kind == history.Ok {
				return answer.Op, nil
			}
			if answer.Op.Err != "" {
				said = answer.Op.Err
			}
		}
		select {
		case <-ctx.Done():
			return history.Op{}, fmt.Errorf("docker: %s %s: %s", op.F, claimed, said)
		case <-again.C:
		}
	}
}
