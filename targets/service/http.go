package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/targets/once"
)

// client makes calls to one member by HTTP, for one process, over its own connection.
type client struct {
	service *Service
	base    string // http://host:port
	session cluster.Session
	http    *once.Client
}

// argument is the data for the templates of a call's request.
type argument struct {
	Key     string
	Value   any    // the argument; for a cas, {{index .Value 0}} is the old value
	Process string // the client's number
	Index   int    // the call's number, unique in the run
	Run     string // unique among runs
}

// answer is the additional data for the templates of a call's answer.
type answer struct {
	argument
	Status int
	Body   string
	JSON   any  // the body, if it is JSON
	whole  bool // the body is complete
}

// Invoke makes one attempt.
func (c *client) Invoke(ctx context.Context, op history.Op) cluster.Answer {
	of := c.service.file.Objects[c.session.Object][op.F]
	if of == nil {
		return failed(op, fmt.Sprintf("%s has no call %s", c.session.Object, op.F), false)
	}
	arg := argument{op.Key, plain(op.Value, true), op.Process.String(), op.Index, c.session.Run}
	request, err := of.request(ctx, c.base, arg)
	if err != nil {
		return failed(op, err.Error(), false)
	}
	got, left, err := c.http.Do(request)
	switch {
	case err != nil && left:
		return unknown(op, err.Error())
	case err != nil:
		return failed(op, err.Error(), true)
	}
	body := string(got.Body)
	return c.service.read(of, op, answer{arg, got.Status, body, plain(got.Body, false), got.Ends || complete(body)})
}

// request makes the HTTP request of a call.
func (c *call) request(ctx context.Context, base string, arg argument) (*http.Request, error) {
	for method, path := range c.methods() { // there is one
		where, err := path.with(arg)
		if err != nil {
			return nil, err
		}
		var body string
		if c.Body != nil {
			if body, err = c.Body.with(arg); err != nil {
				return nil, err
			}
		}
		request, err := http.NewRequestWithContext(ctx, method, base+where, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		for name, value := range c.Header {
			v, err := value.with(arg)
			if err != nil {
				return nil, err
			}
			request.Header.Set(name, v)
		}
		return request, nil
	}
	return nil, errors.New("the call has no method")
}

// usual gives the default meaning of statuses.
var usual = answers{OK: []int{http.StatusOK, http.StatusCreated, http.StatusNoContent}}

// unmatched returns the results of conditional calls, given their arguments, when the condition
// did not hold.
var unmatched = map[string]func(asked json.RawMessage) string{
	"cas": func(asked json.RawMessage) string {
		return strings.TrimSuffix(strings.TrimSpace(string(asked)), "]") + ",false]"
	},
	"add":         func(asked json.RawMessage) string { return "[" + string(asked) + ",false]" },
	"remove":      func(asked json.RawMessage) string { return "[" + string(asked) + ",false]" },
	"acquire":     func(json.RawMessage) string { return "false" },
	"try_acquire": func(json.RawMessage) string { return "false" },
	"dequeue":     func(json.RawMessage) string { return "null" },
	"pop":         func(json.RawMessage) string { return "null" },
}

// read turns an answer into a completion (S1).
func (s *Service) read(c *call, op history.Op, got answer) cluster.Answer {
	means := usual
	for _, said := range []*answers{s.file.Answers, c.Answers} {
		if said != nil {
			means = *said
			if len(means.OK) == 0 {
				means.OK = usual.OK
			}
		}
	}
	why := fmt.Sprintf("status %d: %.200s", got.Status, strings.Join(strings.Fields(got.Body), " "))
	switch {
	case slices.Contains(means.None, got.Status):
		op.Kind, op.Value = history.Ok, json.RawMessage("null")
		return cluster.Answer{Op: op}
	case slices.Contains(means.Mismatch, got.Status) && unmatched[op.F] != nil:
		return done(op, unmatched[op.F](op.Value))
	case slices.Contains(means.Fail, got.Status):
		return failed(op, why, false)
	case slices.Contains(means.Elsewhere, got.Status):
		return failed(op, why, true)
	case !slices.Contains(means.OK, got.Status):
		return unknown(op, why)
	case !got.whole && (c.Get != nil || c.Value != nil || c.Fail != nil):
		return unknown(op, "the answer has no Content-Length, so its body may be truncated: "+why)
	}
	if c.Fail != nil {
		why, err := c.Fail.with(got)
		if err != nil {
			return unknown(op, err.Error())
		}
		if why = strings.TrimSpace(why); why != "" {
			return failed(op, why, false)
		}
	}
	value := string(op.Value)
	switch {
	case c.Value != nil:
		var err error
		if value, err = c.Value.with(got); err != nil {
			return unknown(op, err.Error())
		}
	case c.Get != nil:
		value = got.Body
	}
	return done(op, value)
}

// complete reports that a body cannot be the beginning of a longer one: it is JSON, and not a
// number.
func complete(body string) bool {
	last := strings.TrimRight(body, " \t\r\n")
	return json.Valid([]byte(body)) && (last != body || !strings.ContainsAny(last[len(last)-1:], "0123456789"))
}

// done completes a call that succeeded and returned value, which must be JSON.
func done(op history.Op, value string) cluster.Answer {
	value = strings.TrimSpace(value)
	if value == "" {
		value = "null"
	}
	if !json.Valid([]byte(value)) {
		return unknown(op, fmt.Sprintf("the returned value is not JSON: %.200q", value))
	}
	op.Kind, op.Value = history.Ok, json.RawMessage(value)
	return cluster.Answer{Op: op}
}

// failed completes a call that certainly had no effect; elsewhere says that another member may be
// asked.
func failed(op history.Op, why string, elsewhere bool) cluster.Answer {
	op.Kind, op.Err = history.Fail, why
	return cluster.Answer{Op: op, Again: elsewhere}
}

// unknown completes a call whose effect is unknown, and which is not repeated (S2).
func unknown(op history.Op, why string) cluster.Answer {
	op.Kind, op.Err = history.Info, why
	return cluster.Answer{Op: op}
}

// Close closes the connection.
func (c *client) Close() error {
	c.http.Close()
	return nil
}
