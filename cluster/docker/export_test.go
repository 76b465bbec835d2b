package docker

import (
	"context"
	"os"

	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/history"
)

// Host is where the engine is.
func Host() string { return host() }

// AddressOf is where clients reach a node.
func AddressOf(c *Cluster, id history.NodeID) (string, error) {
	n, err := c.node(id)
	if err != nil {
		return "", err
	}
	return n.address(), nil
}

// CleanRun is Clean for one run, so that a test removes nobody else's.
func CleanRun(ctx context.Context, run string) ([]string, error) {
	e, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return e.removeAll(ctx, labelRun+"="+run)
}

// RemoveImage removes the image of an executable.
func RemoveImage(ctx context.Context, executable string) error {
	binary, err := os.ReadFile(executable)
	if err != nil {
		return err
	}
	e, err := connect(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	_, err = e.api.ImageRemove(ctx, repository+":"+contentTag(binary), client.ImageRemoveOptions{PruneChildren: true})
	return gone(err)
}
