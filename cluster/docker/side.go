package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster/docker/netfault"
)

// side is a container that runs netfault in a node's network namespace, and our connection to it.
type side struct {
	container string
	conn      io.Closer
	answers   chan netfault.Answer
	hangUp    func()
	hungUp    chan struct{}
	ended     chan struct{} // closed when its output has ended
	why       error         // the reason, once ended

	mu   sync.Mutex
	ask  *json.Encoder
	last uint64 // request made
}

// startSide starts a created side container and waits until it says that it is ready. The container
// is the caller's to remove, whatever becomes of this.
func (e *engine) startSide(ctx context.Context, container string) (*side, error) {
	// Attached before it is started, so that nothing it says is missed.
	attached, err := e.api.ContainerAttach(ctx, container,
		client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return nil, err
	}
	s := &side{
		container: container, conn: attached.Conn, answers: make(chan netfault.Answer), hungUp: make(chan struct{}),
		ended: make(chan struct{}), ask: json.NewEncoder(attached.Conn),
	}
	s.hangUp = sync.OnceFunc(func() { close(s.hungUp) })
	go s.listen(attached.Reader)
	_, err = e.api.ContainerStart(ctx, container, client.ContainerStartOptions{})
	if err == nil {
		_, err = s.answer(ctx)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// request has the node's kernel looked at or changed.
func (s *side) request(ctx context.Context, r netfault.Request) (netfault.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	r.ID = s.last
	if err := s.ask.Encode(r); err != nil {
		return netfault.Answer{}, fmt.Errorf("the side container is lost: %w", cause(err))
	}
	return s.answer(ctx)
}

// answer waits for the answer to the last request, past those to requests that nobody waited out.
func (s *side) answer(ctx context.Context) (netfault.Answer, error) {
	for {
		select {
		case a := <-s.answers:
			switch {
			case a.ID < s.last:
			case a.Err != "":
				return a, errors.New(a.Err)
			default:
				return a, nil
			}
		case <-s.ended:
			return netfault.Answer{}, fmt.Errorf("the side container ended: %w", s.why)
		case <-ctx.Done():
			return netfault.Answer{}, ctx.Err()
		}
	}
}

// listen hands on what the container says until it ends or we hang up. What it says last on its
// standard error is why it ended.
func (s *side) listen(r io.Reader) {
	defer close(s.ended)
	out, in := io.Pipe()
	var errs bytes.Buffer
	var copying sync.WaitGroup
	copying.Go(func() {
		_, err := stdcopy.StdCopy(in, &errs, r)
		in.CloseWithError(err)
	})
	defer copying.Wait()
	defer out.Close()
	d := json.NewDecoder(out)
	for {
		var a netfault.Answer
		if err := d.Decode(&a); err != nil {
			if said := strings.TrimSpace(errs.String()); said != "" {
				err = errors.New(said)
			}
			s.why = err
			return
		}
		select {
		case s.answers <- a:
		case <-s.hungUp:
			s.why = errors.New("we hung up")
			return
		}
	}
}

// close hangs up, upon which the container heals its node and ends (N3).
func (s *side) close() {
	s.hangUp()
	s.conn.Close()
	<-s.ended
}
