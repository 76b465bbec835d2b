package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
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

// NeverReady makes a node's readiness be looked for where it never is.
func NeverReady(c *Cluster, id history.NodeID) {
	if n, err := c.node(id); err == nil {
		n.ready = "/nowhere"
	}
}

// Spoil damages the data of a node that is down, so that it ends as soon as it is started: its
// newest segment is a directory.
func Spoil(ctx context.Context, c *Cluster, id history.NodeID) error {
	n, err := c.node(id)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err = w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "data/999999.wal", Mode: 0o755})
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	_, err = c.engine.api.CopyToContainer(ctx, n.container,
		client.CopyToContainerOptions{DestinationPath: "/", Content: &b})
	return err
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
