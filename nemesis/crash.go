package nemesis

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"

	"github.com/splitvote/splitvote/history"
)

// traps are the shapes of crashes at points. Which points there are only the cluster's protocol knows: the schedule draws a
// number, and the one that it comes down to is found when the fault begins.
var traps = among(func(r *rand.Rand) history.Settings {
	moments := []Moment{BeforePersist, BeforeSend, AfterSend}
	return history.Settings{
		"draw":   json.RawMessage(strconv.Itoa(r.IntN(1 << 20))),
		"moment": quoted(string(moments[r.IntN(len(moments))])),
	}
}, "one", "leader", "minority", "majority", "all")

// point is where the settings of a fault let nodes crash: the "point" that they name or, of all there are, the one that
// "draw" comes down to.
func point(set history.Settings, points []string) (string, error) {
	if set["point"] != nil {
		var name string
		err := json.Unmarshal(set["point"], &name)
		return name, err
	}
	var draw uint
	if err := json.Unmarshal(set["draw"], &draw); err != nil {
		return "", err
	}
	if len(points) == 0 {
		return "", fmt.Errorf("the protocol has no points")
	}
	return points[draw%uint(len(points))], nil
}

func (n *Nemesis) trap(ctx context.Context, f *history.Fault) error {
	crasher := n.cluster.(Crasher)
	where, err := point(f.Set, crasher.Points())
	if err != nil {
		return refused(fmt.Sprintf("crash: %v", err))
	}
	var moment Moment
	if err := json.Unmarshal(f.Set["moment"], &moment); err != nil {
		return refused(fmt.Sprintf("setting moment of crash: %v", err))
	}
	f.Set = maps.Clone(f.Set)
	delete(f.Set, "draw")
	f.Set["point"] = quoted(where)
	f.Nodes = n.choose(f.Nodes)
	if len(f.Nodes) == 0 {
		return refused("crash: no node is up")
	}
	var sum tally // nobody has crashed yet
	for _, id := range f.Nodes {
		n.down[id] = true
		proof, err := crasher.CrashAt(ctx, id, where, moment)
		sum.add(string(id), proof, err)
	}
	return sum.conclude(f)
}

// untrap starts who has crashed, and disarms who has not.
func (n *Nemesis) untrap(ctx context.Context, f *history.Fault) error {
	crasher := n.cluster.(Crasher)
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
		sum.add(string(id), Proof{Bit: true, Text: proof.Text}, err)
	}
	sum.bit = sum.bit && crashed
	return sum.conclude(f)
}
