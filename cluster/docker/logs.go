package docker

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
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
	f, err := os.OpenFile(filepath.Join(c.dir, "nodes", string(n.id)+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = stdcopy.StdCopy(f, f, r)
	return errors.Join(err, f.Close())
}

// quote repeats a node's last lines, for whoever reads why it failed.
func (c *Cluster) quote(ctx context.Context, n *node) {
	r, err := c.engine.api.ContainerLogs(ctx, n.container,
		client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: "10"})
	if err != nil {
		c.say("log of %s: %v", n.id, cause(err))
		return
	}
	defer r.Close()
	var b strings.Builder
	if _, err := stdcopy.StdCopy(&b, &b, io.LimitReader(r, 64<<10)); err != nil {
		c.say("log of %s: %v", n.id, err)
	}
	for line := range strings.Lines(b.String()) {
		c.say("%s: %s", n.id, strings.TrimRight(line, "\r\n"))
	}
}
