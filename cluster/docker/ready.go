package docker

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// probe is the time between two looks at a node that is not ready yet; answer is how long one look may take.
const (
	probeEvery = 50 * time.Millisecond
	probeLimit = time.Second
)

// awaitReady waits until a node serves. One that ended, or that is not ready in time, is an error, and its last lines go to the progress.
func (c *Cluster) awaitReady(ctx context.Context, n *node) error {
	limited, cancel := context.WithTimeout(ctx, c.patience)
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
			c.quote(ctx, n)
			return fmt.Errorf("docker: %s ended with exit status %d before it was ready", n.id, state.ExitCode)
		}
		select {
		case <-t.C:
		case <-limited.Done():
			if err := ctx.Err(); err != nil {
				return err
			}
			c.quote(ctx, n)
			return fmt.Errorf("docker: %s was not ready within %v: %w", n.id, c.patience, failed)
		}
	}
}

// probe looks once. A target that names no endpoint is ready when it can be asked for its status: behind a published
// port, a connection says nothing.
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
