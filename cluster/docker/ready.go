package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/splitvote/splitvote/cluster/live"
)

// probe is the time between two looks at a node that is not ready yet; answer is how long one look
// may take.
const (
	probeEvery = 50 * time.Millisecond
	probeLimit = time.Second
)

// notReady is a node that does not serve: it ended, or its time was up.
type notReady struct {
	ended bool
	error
}

// awaitReady waits until a node serves, for a time. The error is a *notReady unless the engine or
// the context failed.
func (c *Cluster) awaitReady(ctx context.Context, n *node, limit time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	t := time.NewTicker(probeEvery)
	defer t.Stop()
	var failed error
	for {
		err := c.probe(limited, n)
		if err == nil {
			return nil
		}
		if failed == nil || limited.Err() == nil {
			failed = err // a look that the deadline cut short has nothing to say
		}
		state, err := c.engine.state(ctx, n)
		switch {
		case err != nil:
			return err
		case !state.Running:
			return &notReady{true, fmt.Errorf("docker: %s ended with exit status %d before it was ready", n.id,
				state.ExitCode)}
		}
		select {
		case <-t.C:
		case <-limited.Done():
			if err := ctx.Err(); err != nil {
				return err
			}
			return &notReady{false, fmt.Errorf("docker: %s was not ready within %v: %w", n.id, limit, failed)}
		}
	}
}

// mustServe waits until a node serves that the run cannot begin without. The last lines of one that
// does not go to the progress.
func (c *Cluster) mustServe(ctx context.Context, n *node) error {
	err := c.awaitReady(ctx, n, c.readyTimeout)
	if late := (*notReady)(nil); errors.As(err, &late) {
		// another node's failure may have ended ctx
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logLimit)
		defer cancel()
		c.say("%s last said (%s):%s", n.id, c.logFile(n), live.Folded(c.lastLines(ctx, n)))
	}
	return err
}

// probe looks once. A target that names no endpoint is ready when it can be asked for its status:
// behind a published port, a connection says nothing.
func (c *Cluster) probe(ctx context.Context, n *node) error {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	if n.ready == "" {
		_, err := c.target.Status(ctx, n.address())
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.address()+n.ready, nil)
	if err != nil {
		return err
	}
	r.Close = true // a connection kept open would hang on a node that is killed
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return cause(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", n.ready, answer.Status)
	}
	return nil
}
