package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// Error is a failure with what the user can do about it.
type Error struct {
	Err  error
	Hint string // a line without a full stop
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Available reports within two seconds whether an engine of this machine answers.
func Available(ctx context.Context) error {
	at := host()
	if err := isLocal(at); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c, err := client.New(client.FromEnv, client.WithHost(at))
	if err == nil {
		defer c.Close()
		_, err = c.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
	}
	if err != nil {
		return &Error{fmt.Errorf("docker: no engine answers at %s: %w", at, cause(err)),
			"start it, or set DOCKER_HOST, or use --backend local"}
	}
	return nil
}

// Usable reports whether a cluster of a bundled target could be opened: whether an engine answers
// and can run the executable.
func Usable(ctx context.Context, opts Options) error {
	e, err := connect(ctx)
	if err != nil {
		return err
	}
	_, err = e.executable(ctx, opts.Executable)
	return errors.Join(err, e.Close())
}

// engine is a connection to the engine: testcontainers to create with, and the engine's own
// interface for what testcontainers has no word for.
type engine struct {
	*testcontainers.DockerProvider
	api client.APIClient
}

func connect(ctx context.Context) (*engine, error) {
	if err := Available(ctx); err != nil {
		return nil, err
	}
	settle()
	p, err := testcontainers.NewDockerProvider(testcontainers.Generic2DockerOptions(
		testcontainers.WithLogger(log.NewNoopLogger()))...)
	if err != nil {
		return nil, fmt.Errorf("docker: %w", err)
	}
	return &engine{p, p.Client()}, nil
}

// settle gives testcontainers its settings unless the user has: it reads them from the environment,
// once, at first use. Its reaper is an image to be pulled, and Clean does its work. It guesses the
// host of published ports wrongly where the harness itself runs in a container; ours are on
// loopback (D4). And it shall mean the engine that Available asked.
var settle = sync.OnceFunc(func() {
	log.SetDefault(log.NewNoopLogger())
	for name, value := range map[string]string{
		"TESTCONTAINERS_RYUK_DISABLED": "true",
		"TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1",
		client.EnvOverrideHost:         host(),
	} {
		if _, set := os.LookupEnv(name); !set {
			os.Setenv(name, value)
		}
	}
})

// host is where an engine should be: DOCKER_HOST, or else the first existing socket among those
// that engines use, with and without root and on a Mac.
func host() string {
	if h := os.Getenv(client.EnvOverrideHost); h != "" {
		return h
	}
	sockets := []string{"/var/run/docker.sock", filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "docker.sock")}
	if home, err := os.UserHomeDir(); err == nil {
		sockets = append(sockets, filepath.Join(home, ".docker/run/docker.sock"),
			filepath.Join(home, ".docker/desktop/docker.sock"))
	}
	for _, s := range sockets {
		if _, err := os.Stat(s); err == nil {
			return "unix://" + s
		}
	}
	return client.DefaultDockerHost
}

// isLocal refuses an engine on whose loopback we cannot reach a published port (D4).
func isLocal(host string) error {
	u, err := url.Parse(host)
	if err != nil || u.Scheme == "unix" || u.Scheme == "npipe" {
		return nil
	}
	name := u.Hostname()
	if ip := net.ParseIP(name); name == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return &Error{fmt.Errorf("docker: the engine at %s is on another machine, where ports published on loopback are "+
		"out of reach", host),
		"run splitvote on that machine"}
}

// cause strips a client's error down to what the system said.
func cause(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	case errors.As(err, &op):
		return op.Err
	}
	return err
}
