package service

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// clientOf is the data for the templates of a client's command.
type clientOf struct {
	Addr    string // host:port of the member
	Object  string
	Process string
	Run     string
}

// program makes calls through a program of the user: one JSON line asks, one answers, one at a
// time.
type program struct {
	argv []string
	dir  string
	mark string // in its environment

	running *running     // nil before the first call, and after a call without a timely answer (S3)
	ended   *ClientError // why the last one ended before it was ready, nil if it was ready
	restart time.Time    // when another may be started after it
}

// Mark is what the environment of a run's client programs holds. By it a reaper finds them if the
// harness was killed: a program that is busy may not see that its input has ended.
func Mark(run string) string { return "SPLITVOTE_CLIENT_OF=" + run }

// again is the time between starts of programs that end before they are ready.
const again = 100 * time.Millisecond

// ClientError reports a program that cannot make calls, with the end of its standard error.
type ClientError struct {
	Why string
	Log []string
}

// Error returns one line: the reason, and the last line of the log.
func (e *ClientError) Error() string {
	if len(e.Log) == 0 {
		return e.Why
	}
	return e.Why + ": " + e.Log[len(e.Log)-1]
}

// asked is a line to the program.
type asked struct {
	F     string          `json:"f"`
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
	Index int             `json:"index"`
}

// answered is a line from the program.
type answered struct {
	Type      history.Kind    `json:"type"`
	Value     json.RawMessage `json:"value"`
	Error     string          `json:"error"`
	Elsewhere bool            `json:"elsewhere"` // of a failed call: another member may be asked
	Index     *int            `json:"index"`     // of the call, if it says
}

func (s *Service) program(addr string, session cluster.Session) (*program, error) {
	argv, err := expand(s.file.Client, clientOf{addr, session.Object, session.Process.String(), session.Run})
	if err != nil {
		return nil, err
	}
	argv[0] = s.beside(argv[0])
	return &program{argv: argv, dir: s.dir, mark: Mark(session.Run)}, nil
}

// Invoke makes one attempt. No call is made before the program has said that it is ready, so until
// then no call has an effect; a program may take longer to start than a call's timeout.
func (p *program) Invoke(ctx context.Context, op history.Op) cluster.Answer {
	if err := p.prepare(ctx); err != nil {
		return failed(op, err.Error(), true)
	}
	if why := p.running.unasked(); why != "" {
		return failed(op, p.end(why).Error(), true)
	}
	if why := p.running.ask(ctx, asked{op.F, op.Key, orNull(op.Value), op.Index}); why != "" {
		return unknown(op, p.end(why).Error())
	}
	line, why := p.running.answer(ctx)
	if why != "" {
		return unknown(op, p.end(why).Error())
	}
	return p.read(op, line)
}

// prepare starts the program if it does not run, and waits until it is ready to make calls. The
// error says why it is not.
func (p *program) prepare(ctx context.Context) error {
	if p.running == nil {
		if p.ended != nil && time.Now().Before(p.restart) {
			return p.ended
		}
		p.restart = time.Now().Add(again)
		r, err := start(p.argv, p.dir, p.mark)
		if err != nil {
			p.ended = &ClientError{Why: fmt.Sprintf("start client: %v", err)}
			return p.ended
		}
		p.running = r
	}
	r := p.running
	if r.ready {
		return nil
	}
	if !r.asked {
		// This read does not wait long, whatever ctx says.
		if why := r.ask(context.Background(), asked{F: ready, Value: orNull(nil)}); why != "" {
			p.ended = p.end(why)
			return p.ended
		}
		r.asked = true
	}
	line, why := r.answer(ctx)
	switch {
	case why != "" && ctx.Err() != nil:
		return &ClientError{Why: "the client is not ready yet", Log: r.said.lines()}
	case why != "":
		p.ended = p.end(why)
		return p.ended
	}
	r.asked = false
	a, ok := understood(line, 0)
	if !ok {
		p.ended = p.end(notAnswer(line))
		return p.ended
	}
	if r.ready = a.Type == history.Ok; !r.ready {
		return &ClientError{Why: strings.TrimSuffix("the client is not ready: "+a.Error, ": "), Log: r.said.lines()}
	}
	p.ended = nil
	return nil
}

// understood reads the answer to the call with that index.
func understood(line []byte, index int) (a answered, ok bool) {
	a.Type = history.Invoke
	err := json.Unmarshal(line, &a)
	return a, err == nil && a.Type != history.Invoke && (a.Index == nil || *a.Index == index)
}

// read turns a line into a completion (S1). After a line that is not an answer the program gets no
// further call.
func (p *program) read(op history.Op, line []byte) cluster.Answer {
	a, ok := understood(line, op.Index)
	if !ok {
		return unknown(op, p.end(notAnswer(line)).Error())
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
	return fmt.Sprintf("the client answers %.200q instead of {\"type\": \"ok\"}, \"fail\" or \"info\" to the call "+
		"that it was asked", line)
}

// end ends the program, and adds how it ended and its last lines to why.
func (p *program) end(why string) *ClientError {
	r := p.running
	p.running = nil
	if how := r.stop(); how != "" {
		why += " (" + how + ")"
	}
	return &ClientError{why, r.said.lines()}
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
