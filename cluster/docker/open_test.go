package docker_test

import (
	"context"
	"debug/elf"
	le "encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/docker"
)

// What keeps a cluster from opening is said in the error, and nothing is left.
func TestOpenFails(t *testing.T) {
	t.Parallel()
	e := engine(t)
	ready := func(o *docker.Options) { o.Ready = 2 * time.Second }
	for name, tt := range map[string]struct {
		launch  func(*cluster.Launch)
		options func(*docker.Options)
		want    []string
	}{
		"a node that ends": {func(l *cluster.Launch) {
			l.Argv = []string{"no-such-command"}
		}, ready, []string{"ended with exit status 254 before it was ready", `no such command: "no-such-command"`}},
		"a node that never serves": {func(l *cluster.Launch) {
			l.Ready = "/nowhere"
		}, ready, []string{"was not ready within 2s", "/nowhere answers 404", "  time="}},
		"an image that is nowhere": {func(l *cluster.Launch) {
			l.Image = "127.0.0.1:1/no/such:image"
		}, ready, []string{"pull 127.0.0.1:1/no/such:image"}},
		"no launch": {func(l *cluster.Launch) {
			l.Err = errors.New("line 3: no such field")
		}, ready, []string{"start n1: line 3: no such field"}},
		"no executable": {nil, func(o *docker.Options) {
			o.Executable = "no/such/file"
		}, []string{"it is no Linux executable"}},
		"of another machine": {nil, func(o *docker.Options) {
			o.Executable = patched(t, foreign)
		}, []string{"it is of EM_SPARC"}},
		"dynamically linked": {nil, func(o *docker.Options) {
			o.Executable = patched(t, dynamic)
		}, []string{"it is dynamically linked"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, o := config(t, raftTarget()), options(t)
			said := &log{}
			cfg.Log = said
			if tt.launch != nil {
				cfg.Target = launched{cfg.Target, tt.launch}
			}
			tt.options(&o)
			c, err := docker.Open(t.Context(), cfg, o)
			if err == nil {
				c.Close()
				t.Fatal("it opened")
			}
			for _, want := range tt.want {
				if all := err.Error() + "\n" + said.String(); !strings.Contains(all, want) {
					t.Errorf("it says %q, want %q", all, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is more than a line", err)
			}
			if left := left(t, e, cfg.Run); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// An executable that cannot be an image comes with the command that makes one that can.
func TestHintForExecutable(t *testing.T) {
	t.Parallel()
	engine(t)
	_, err := docker.Open(t.Context(), config(t, raftTarget()), docker.Options{Executable: os.DevNull})
	for _, err := range []error{err, docker.Usable(t.Context(), docker.Options{Executable: os.DevNull})} {
		var hinted *docker.Error
		if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint, "CGO_ENABLED=0 GOOS=linux GOARCH=") {
			t.Errorf("%v comes with the hint of %+v, want the command to build one", err, hinted)
		}
	}
	if err := docker.Usable(t.Context(), options(t)); err != nil {
		t.Errorf("a good executable: %v", err)
	}
}

func TestOpenInterrupted(t *testing.T) {
	t.Parallel()
	e := engine(t)
	cfg := config(t, raftTarget())
	o := options(t)
	ctx, interrupt := context.WithCancel(t.Context())
	opened := make(chan error, 1)
	go func() {
		_, err := docker.Open(ctx, cfg, o)
		opened <- err
	}()
	await(t, "the first node's container", func() bool {
		return slices.Contains(left(t, e, cfg.Run), "/splitvote-"+cfg.Run+"-n1")
	})
	interrupt()
	if err := <-opened; !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want %v", err, context.Canceled)
	}
	if left := left(t, e, cfg.Run); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// Clean finds what a harness left that was killed: here, one that never closed.
func TestClean(t *testing.T) {
	t.Parallel()
	e := engine(t)
	cfg := config(t, raftTarget())
	c := open(t, e, cfg)
	removed, err := docker.CleanRun(t.Context(), cfg.Run)
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*len(cfg.Nodes) + 1; len(removed) != want || len(left(t, e, cfg.Run)) > 0 {
		t.Errorf("removed %v and left %v, want %d removed", removed, left(t, e, cfg.Run), want)
	}
	if _, err := c.Kill(t.Context(), "n1"); err == nil {
		t.Error("a node was killed that is not there")
	}
	again, err := docker.CleanRun(t.Context(), cfg.Run)
	if len(again) > 0 || err != nil {
		t.Errorf("the second time: %v, %v", again, err)
	}
}

// The image is made once of one content, and runs are not taken for images: an image that bore the
// label of runs would hand it to whatever is made of it.
func TestImage(t *testing.T) {
	t.Parallel()
	e := engine(t)
	open(t, e, config(t, raftTarget()))
	images := func() []string {
		found, err := e.ImageList(t.Context(), client.ImageListOptions{Filters: client.Filters{}.Add("reference",
			"splitvote")})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, i := range found.Items {
			if i.Labels["splitvote.image"] == "1" && i.Labels["splitvote"] == "" {
				ids = append(ids, i.ID)
			}
		}
		return ids
	}
	before := images()
	cfg := config(t, raftTarget())
	cfg.Run += "-again"
	// An image of somebody else's is taken as it is, with the port that it wants; the rest of it is
	// as of ours.
	cfg.Target = launched{cfg.Target, func(l *cluster.Launch) { l.Image, l.Port, l.Ready = before[0], 7000, "" }}
	c := open(t, e, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if s, err := c.Status(ctx, "n1"); err != nil || !s.Up {
		t.Errorf("status %+v, %v", s, err)
	}
	if after := images(); len(before) == 0 || !slices.Equal(before, after) {
		t.Errorf("images %v became %v", before, after)
	}
}

// patched is the test's binary with its header changed.
func patched(t *testing.T, change func(t *testing.T, file []byte)) string {
	t.Helper()
	file, err := os.ReadFile(options(t).Executable)
	if err != nil {
		t.Fatal(err)
	}
	change(t, file)
	path := filepath.Join(t.TempDir(), "splitvote")
	if err := os.WriteFile(path, file, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// Where things lie in a 64-bit little-endian ELF file.
const (
	machineAt  = 18
	programsAt = 32
)

func foreign(_ *testing.T, file []byte) {
	le.LittleEndian.PutUint16(file[machineAt:], uint16(elf.EM_SPARC))
}

// dynamic makes an interpreter of the first program segment.
func dynamic(_ *testing.T, file []byte) {
	first := le.LittleEndian.Uint64(file[programsAt:])
	le.LittleEndian.PutUint32(file[first:], uint32(elf.PT_INTERP))
}
