package live

import (
	"context"
	"fmt"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// setting bounds how long a node may take to set its clocks.
const setting = 2 * time.Second

// SetClock sets a node's clocks wrong, or right again with the zero Clock, and reports whether
// that made a difference. If the node does not run, KeepClock does it later.
func (l *Clients) SetClock(ctx context.Context, node history.NodeID, c cluster.Clock, runs bool) (bit bool, what string,
	err error) {
	l.mu.Lock()
	was := l.clocks[node]
	l.clocks[node] = c
	l.mu.Unlock()
	if runs {
		if was, err = l.setClock(ctx, node, c); err != nil {
			return false, "", err
		}
	}
	if c == (cluster.Clock{}) {
		return was != c, fmt.Sprintf("the wall clock of %s was off by %v and ran fast by %d parts per million", node,
			was.Offset, was.Drift), nil
	}
	return true, fmt.Sprintf("the wall clock of %s is off by %v and runs fast by %d parts per million", node, c.Offset,
		c.Drift), nil
}

// KeepClock applies the intended skew to the clocks of a node that was started or resumed.
func (l *Clients) KeepClock(ctx context.Context, node history.NodeID) error {
	l.mu.Lock()
	c, touched := l.clocks[node]
	l.mu.Unlock()
	if !touched {
		return nil
	}
	_, err := l.setClock(ctx, node, c)
	return err
}

// RightClock sets the clocks of a running node right if they were ever touched.
func (l *Clients) RightClock(ctx context.Context, node history.NodeID) error {
	l.mu.Lock()
	_, touched := l.clocks[node]
	delete(l.clocks, node)
	l.mu.Unlock()
	if !touched {
		return nil
	}
	_, err := l.setClock(ctx, node, cluster.Clock{})
	return err
}

func (l *Clients) setClock(ctx context.Context, node history.NodeID, c cluster.Clock) (was cluster.Clock, err error) {
	target, ok := l.config.Target.(cluster.Clocked)
	if !ok {
		return was, fmt.Errorf("the clocks of %s cannot be set", l.config.Target.Name())
	}
	ctx, cancel := context.WithTimeout(ctx, setting)
	defer cancel()
	if was, err = target.SetClock(ctx, l.config.Addr(node), c); err != nil {
		return was, fmt.Errorf("set the clocks of %s: %w", node, err)
	}
	return was, nil
}
