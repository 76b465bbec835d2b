package nemesis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// traps are the shapes of crashes at points. Only the cluster knows its protocol's points, so the
// schedule draws a number, and the point it selects is found when the fault begins. Each node
// waits for another point, because a protocol often reaches few of them.
var traps = among(func(r *rand.Rand) history.Settings {
	moments := []cluster.Moment{cluster.BeforePersist, cluster.MidPersist, cluster.BeforeSend, cluster.AfterSend}
	return history.Settings{
		"draw":   json.RawMessage(strconv.Itoa(r.IntN(1 << 20))),
		"moment": quoted(string(moments[r.IntN(len(moments))])),
	}
}, "one", "leader", "minority", "majority", "all")

// points returns where n nodes are to crash: the points named in "points", in turn, or n of all
// points, from the one that "draw" selects.
func points(set history.Settings, all []string, nodes int) ([]string, error) {
	first := uint(0)
	if set["points"] != nil {
		var some []string
		if err := json.Unmarshal(set["points"], &some); err != nil {
			return nil, err
		}
		all = some
	} else if err := json.Unmarshal(set["draw"], &first); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("the protocol has no points")
	}
	where := make([]string, nodes)
	for i := range where {
		where[i] = all[(first+uint(i))%uint(len(all))]
	}
	return where, nil
}

func (n *Nemesis) trap(ctx context.Context, f *history.Fault) error {
	crasher := n.cluster.(cluster.Crasher)
	var moment cluster.Moment
	if err := json.Unmarshal(f.Set["moment"], &moment); err != nil {
		return refused(fmt.Sprintf("setting moment of crash: %v", err))
	}
	f.Nodes = n.choose(f.Nodes)
	if len(f.Nodes) == 0 {
		return refused("crash: no node is up")
	}
	where, err := points(f.Set, crasher.Points(), len(f.Nodes))
	if err != nil {
		return refused(fmt.Sprintf("crash: %v", err))
	}
	f.Set = history.Settings{"moment": f.Set["moment"], "points": value(where)}
	var sum tally // nobody has crashed yet
	for i, id := range f.Nodes {
		n.down[id] = true
		proof, err := crasher.CrashAt(ctx, id, where[i], moment)
		sum.add(string(id), proof, err)
	}
	return sum.conclude(f)
}

// untrap starts the nodes that crashed, and disarms the others.
func (n *Nemesis) untrap(ctx context.Context, f *history.Fault) error {
	crasher := n.cluster.(cluster.Crasher)
	crashed := false
	sum := tally{bit: true}
	for _, id := range f.Nodes {
		if !n.down[id] {
			continue
		}
		proof, err := crasher.Start(ctx, id)
		if err == nil {
			delete(n.down, id)
		}
		crashed = crashed || proof.Bit
		sum.add(string(id), cluster.Proof{Bit: true, Text: proof.Text}, err)
	}
	sum.bit = sum.bit && crashed
	return sum.conclude(f)
}
