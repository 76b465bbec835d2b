package service

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/targets/once"
)

// clientOf is what the templates of a client's command know.
type clientOf struct {
	Addr    string // host:port of the member
	Object  string
	Process string
	Run     string
}

// program makes calls through a program of the user's: a line of JSON asks, a line answers, one at a time.
type program struct {
	argv []string
	dir  string

	running *running // nil before the first call, and after a call that was not answered in time (S3)
}

// running is the program while it runs.
type running struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *os.File    // the end that we read
	lines chan []byte // what it answers; closed when it has ended
	said  *lastLine   // on its standard error
	asked bool        // whether it is ready, and it has not answered yet
	ready bool        // to make calls
	gone  bool        // it is of no use any more
	ended sync.WaitGroup
}

// asked is a line to the program.
type asked struct {
	F     string          `json:"f"`
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
	Index int             `json:"index"`
}

// answered is a line of the program.
type answered struct {
	Type      history.Kind    `json:"type"`
	Value     json.RawMessage `json:"value"`
	Error     string          `json:"error"`
	Elsewhere bool            `json:"elsewhere"` // of what failed: another member may be asked
}

func (s *Service) program(addr string, session cluster.Session) (*program, error) {
	argv, err := expand(s.file.Client, clientOf{addr, session.Object, session.Process.String(), session.Run})
	if err != nil {
		return nil, err
	}
	argv[0] = s.beside(argv[0])
	return &program{argv: argv, dir: s.dir}, nil
}

// Invoke makes one attempt. Until the program has said that it is ready no call is made, and so none has an effect: a
// program may take longer to start than a call may take.
func (p *program) Invoke(ctx context.Context, op history.Op) cluster.Answer {
	if p.running == nil {
		r, err := start(p.argv, p.dir)
		if err != nil {
			return failed(op, fmt.Sprintf("start client: %v", err), false)
		}
		p.running = r
	}
	if why := p.running.prepare(ctx); why != "" {
		if p.running.gone {
			why = p.end(why)
		}
		return failed(op, why, true)
	}
	if op.F == ready {
		op.Kind = history.Ok
		return cluster.Answer{Op: op}
	}
	if !p.running.ask(asked{op.F, op.Key, orNull(op.Value), op.Index}) {
		return unknown(op, p.end("the client does not listen"))
	}
	select {
	case line, more := <-p.running.lines:
		if !more {
			return unknown(op, p.end("the client has ended"))
		}
		return p.read(op, line)
	case <-ctx.Done():
		return unknown(op, p.end(ctx.Err().Error()))
	}
}

// prepare waits until the program is ready to make calls. It says why it is not.
func (r *running) prepare(ctx context.Context) string {
	if r.ready {
		return ""
	}
	if !r.asked && !r.ask(asked{F: ready, Value: orNull(nil)}) {
		r.gone = true
		return "the client does not listen"
	}
	r.asked = true
	select {
	case line, more := <-r.lines:
		if r.asked = false; !more {
			r.gone = true
			return "the client has ended"
		}
		a := answered{Type: history.Invoke}
		if err := json.Unmarshal(line, &a); err != nil || a.Type == history.Invoke {
			r.gone = true
			return notAnswer(line)
		}
		if r.ready = a.Type == history.Ok; !r.ready {
			return "the client is not ready: " + a.Error
		}
		return ""
	case <-ctx.Done():
		return "the client is not ready yet"
	}
}

// ask writes a line; false means that nobody reads any more.
func (r *running) ask(a asked) bool {
	line, err := json.Marshal(a)
	if err != nil {
		return false
	}
	_, err = r.in.Write(append(line, '\n'))
	return err == nil
}

// read makes a completion of a line (S1). After one that is no answer the program is not trusted with another call.
func (p *program) read(op history.Op, line []byte) cluster.Answer {
	a := answered{Type: history.Invoke}
	if err := json.Unmarshal(line, &a); err != nil || a.Type == history.Invoke {
		return unknown(op, p.end(notAnswer(line)))
	}
	switch a.Type {
	case history.Ok:
		value := a.Value
		if value == nil {
			value = op.Value
		}
		return done(op, string(value))
	case history.Fail:
		return failed(op, a.Error, a.Elsewhere)
	}
	return unknown(op, a.Error)
}

func notAnswer(line []byte) string {
	return fmt.Sprintf("the client answers %.200q, and not {\"type\": \"ok\"}, \"fail\" or \"info\"", line)
}

// end ends the program, and adds what it said last to why.
func (p *program) end(why string) string {
	said := p.running.stop()
	p.running = nil
	if said != "" {
		why += ": " + said
	}
	return why
}

// Close ends the program.
func (p *program) Close() error {
	if p.running != nil {
		p.running.stop()
		p.running = nil
	}
	return nil
}

func orNull(v json.RawMessage) json.RawMessage {
	if len(v) == 0 {
		return json.RawMessage("null")
	}
	return v
}

// start starts a client's program as the leader of a process group of its own, so that it ends with what it started. Should
// we be killed, its standard input ends.
func start(argv []string, dir string) (*running, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second // for what it may have started in a group of its own
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// Not StdoutPipe, which Wait closes whether or not all was read.
	out, answers, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	r := &running{cmd: cmd, in: in, out: out, lines: make(chan []byte), said: &lastLine{}}
	cmd.Stdout, cmd.Stderr = answers, r.said
	err = cmd.Start()
	answers.Close()
	if err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	r.ended.Go(func() {
		defer close(r.lines)
		scan := bufio.NewScanner(out)
		scan.Buffer(nil, once.Most)
		for scan.Scan() {
			r.lines <- append([]byte(nil), scan.Bytes()...)
		}
	})
	return r, nil
}

// stop kills the program and waits until it is gone. It returns what the program said last.
func (r *running) stop() string {
	_ = r.in.Close()
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) // it may have ended
	_ = r.out.Close()
	for range r.lines { // what it still had to say is nobody's answer (S3)
	}
	r.ended.Wait()
	_ = r.cmd.Wait() // that it was killed is no news
	return r.said.String()
}

// lastLine keeps the last line that is written to it, up to a length.
type lastLine struct {
	mu   sync.Mutex
	line []byte
	next bool // the line is complete
}

func (l *lastLine) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range b {
		switch {
		case c == '\n':
			l.next = true
		case l.next:
			l.line, l.next = append(l.line[:0], c), false
		case len(l.line) < 200:
			l.line = append(l.line, c)
		}
	}
	return len(b), nil
}

func (l *lastLine) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(string(l.line))
}
