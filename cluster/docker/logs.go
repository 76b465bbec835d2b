package docker

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster/live"
)

// follow appends what a node says from a moment on to its log, until its container stops.
func (c *Cluster) follow(n *node, from string) {
	if c.dir == "" {
		return
	}
	c.logs.Go(func() {
		if err := c.copyLog(n, from); err != nil && c.ctx.Err() == nil {
			c.say("log of %s: %v", n.id, err)
		}
	})
}

func (c *Cluster) copyLog(n *node, from string) error {
	r, err := c.engine.api.ContainerLogs(c.ctx, n.container,
		client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true, Since: from})
	if err != nil {
		return cause(err)
	}
	defer r.Close()
	f, err := os.OpenFile(c.logFile(n), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = stdcopy.StdCopy(f, f, r)
	return errors.Join(err, f.Close())
}

// logLimit is how long the engine may take to say what a node said last.
const logLimit = 5 * time.Second

// lastLines are the last few lines that a node said, as the engine has them.
func (c *Cluster) lastLines(ctx context.Context, n *node) []string {
	r, err := c.engine.api.ContainerLogs(ctx, n.container,
		client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: "500"})
	if err != nil {
		return nil
	}
	defer r.Close()
	var b strings.Builder
	_, _ = stdcopy.StdCopy(&b, &b, io.LimitReader(r, 2*live.WordsSize)) // cut short, it is still what the node said
	return live.LastWords(b.String())
}

// logFile is where what a node says is kept; where nothing is, what the engine keeps.
func (c *Cluster) logFile(n *node) string {
	if c.dir == "" {
		return "docker logs " + n.name
	}
	return filepath.Join(c.dir, "nodes", string(n.id)+".log")
}
