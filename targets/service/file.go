package service

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
)

// file is the schema of a service's file.
type file struct {
	Name     string   `yaml:"name"`     // default: the file's name
	Promises string   `yaml:"promises"` // consistency level; default linearizable
	Members  []string `yaml:"members"`  // names of the members; default n1, n2, ...
	// clients' port inside a container; default 8080, and with --attach the only published one
	Port    uint16           `yaml:"port"`
	OnePort bool             `yaml:"one-port"` // members serve peers and clients on one port
	Settle  plan.Duration    `yaml:"settle"`   // time that replicas may take to agree after the last fault
	Local   *process         `yaml:"local"`    // how a member is started as a child process
	Docker  *container       `yaml:"docker"`   // how a member is started as a container
	Ready   readiness        `yaml:"ready"`    // how a member shows that it serves
	Status  *status          `yaml:"status"`   // how a member tells its role
	Client  []text           `yaml:"client"`   // program that makes the calls; default: by HTTP
	Answers *answers         `yaml:"answers"`  // what an HTTP status means
	Objects map[string]calls `yaml:"objects"`  // by the objects that workloads use: register, set, ...
}

type process struct {
	Command []text          `yaml:"command"` // program and arguments
	Env     map[string]text `yaml:"env"`
}

type container struct {
	Image   string          `yaml:"image"`
	Command []text          `yaml:"command"` // arguments of the image's entry point
	Env     map[string]text `yaml:"env"`
}

// status is a request, and how its answer describes a member.
type status struct {
	call   `yaml:",inline"`
	Role   *text `yaml:"role"`   // leader: a target for faults
	Leader *text `yaml:"leader"` // the node that the member believes to lead
	Term   *text `yaml:"term"`
}

// calls are the calls of one kind of object, by their names in histories. If a program makes the
// calls they are only named.
type calls map[string]*call

// call describes how one call is made by HTTP: one method with a path, and what it returns.
type call struct {
	Get    *text           `yaml:"get"`
	Post   *text           `yaml:"post"`
	Put    *text           `yaml:"put"`
	Patch  *text           `yaml:"patch"`
	Delete *text           `yaml:"delete"`
	Header map[string]text `yaml:"header"`
	Body   *text           `yaml:"body"`
	// Value is what a successful call returned, as JSON. By default a get returns its body, and
	// any other call nothing.
	Value *text `yaml:"value"`
	// Fail is why a call certainly had no effect although its status is a success; "" if it had
	// one.
	Fail    *text    `yaml:"fail"`
	Answers *answers `yaml:"answers"` // for this call, instead of the file's answers
}

// methods returns the methods given for a call.
func (c *call) methods() map[string]*text {
	m := map[string]*text{http.MethodGet: c.Get, http.MethodPost: c.Post, http.MethodPut: c.Put,
		http.MethodPatch: c.Patch, http.MethodDelete: c.Delete}
	maps.DeleteFunc(m, func(_ string, path *text) bool { return path == nil })
	return m
}

// answers gives HTTP statuses a meaning. The outcome of any other status is unknown (S1).
type answers struct {
	OK        []int `yaml:"ok"`        // done; default 200, 201 and 204
	None      []int `yaml:"none"`      // done, with result null: a missing key
	Fail      []int `yaml:"fail"`      // certainly not done
	Mismatch  []int `yaml:"mismatch"`  // a conditional call was executed and its condition did not hold
	Elsewhere []int `yaml:"elsewhere"` // certainly not done here, but another member may do it
}

// keys are all keys that a file may have, to suggest the nearest one for a misspelt key.
var keys = []string{"name", "promises", "members", "port", "one-port", "settle", "local", "docker", "command", "image",
	"env", "ready", "path", "within", "status", "get", "role", "leader", "term", "client", "answers", "ok", "none",
	"fail", "mismatch", "elsewhere", "objects", "post", "put", "patch", "delete", "header", "body", "value"}

// Load reads a service's file. Its commands run in the file's directory.
func Load(name string) (*Service, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s, err := parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.text, s.base = text, filepath.Base(name)
	if s.dir, err = filepath.Abs(filepath.Dir(name)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if s.file.Name == "" {
		s.file.Name = strings.TrimSuffix(s.base, filepath.Ext(s.base))
	}
	return s, nil
}

func parse(r io.Reader) (*Service, error) {
	s := &Service{}
	if err := plan.Decode(r, &s.file, "a service is one", keys); err != nil {
		return nil, err
	}
	return s, s.file.check()
}

// check returns what is missing or invalid (S4).
func (f *file) check() error {
	if len(f.Objects) == 0 {
		return errors.New("objects: none is named; one looks like objects: {register: {read: ..., write: ...}}")
	}
	for i, m := range f.Members {
		if m == "" || slices.Contains(f.Members[:i], m) {
			return fmt.Errorf("members: %q is not a valid name, or appears twice", m)
		}
	}
	if f.Local != nil && len(f.Local.Command) == 0 {
		return errors.New("local: command is missing")
	}
	if f.Docker != nil && f.Docker.Image == "" {
		return errors.New("docker: image is missing")
	}
	if f.Ready.Path != "" && f.Ready.Path[0] != '/' {
		return fmt.Errorf("ready: %q is not a path; a path begins with /", f.Ready.Path)
	}
	if f.Ready.Path == "" && f.Status == nil && len(f.Client) == 0 {
		return errors.New("ready: missing; give a path that answers 200 once a member serves")
	}
	if s := f.Status; s != nil && (len(s.methods()) != 1 || s.Value != nil || s.Fail != nil || s.Answers != nil) {
		return errors.New("status: want one of get, post, put, patch and delete, with a path, and where the answer " +
			"has role, leader or term")
	}
	if s := f.Status; s != nil {
		if err := s.try(s.Role, s.Leader, s.Term); err != nil {
			return fmt.Errorf("status: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Objects)) {
		for _, of := range slices.Sorted(maps.Keys(f.Objects[name])) {
			if err := f.checkCall(of, f.Objects[name][of]); err != nil {
				return fmt.Errorf("objects: %s: %s: %w", name, of, err)
			}
		}
	}
	return f.try()
}

func (f *file) checkCall(of string, c *call) error {
	switch {
	case c != nil && c.Answers != nil && len(c.Answers.Mismatch) > 0 && unmatched[of] == nil:
		return fmt.Errorf("answers: mismatch: %s has no condition; these do: %s", of,
			strings.Join(slices.Sorted(maps.Keys(unmatched)), ", "))
	case len(f.Client) > 0 && c != nil:
		return errors.New("the client makes the calls; here they are only named")
	case len(f.Client) == 0 && (c == nil || len(c.methods()) != 1):
		return errors.New("want one of get, post, put, patch and delete, with a path")
	case c == nil:
		return nil
	}
	return c.try()
}

// try fills the templates of a request and of its answer with values of different shapes. A
// reference to an unknown field is then found at once, not by calls that fail. Other errors depend
// on the value and may never occur.
func (c *call) try(more ...*text) error {
	asked, told := append(slices.Collect(maps.Values(c.methods())), c.Body), append(more, c.Value, c.Fail)
	for _, header := range c.Header {
		asked = append(asked, &header)
	}
	for _, value := range []any{nil, "x", []any{"x", "y"}} {
		arg := argument{Value: value}
		if err := misnamed(asked, arg); err != nil {
			return err
		}
		if err := misnamed(told, answer{argument: arg, Body: "x", JSON: value}); err != nil {
			return err
		}
	}
	return nil
}

// misnamed returns the first error about an unknown field.
func misnamed(texts []*text, data any) error {
	for _, t := range texts {
		if t == nil {
			continue
		}
		_, err := t.with(data)
		if err != nil && strings.Contains(err.Error(), "can't evaluate field") &&
			strings.Contains(err.Error(), "in type service.") {
			return err
		}
	}
	return nil
}

// try expands every template of commands for a member, to find references to unknown fields at
// once.
func (f *file) try() error {
	ids := []history.NodeID{"n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"}
	peers := map[history.NodeID]string{}
	for _, id := range ids[1:] {
		peers[id] = "127.0.0.1:1"
	}
	s := &Service{file: *f}
	l := s.Launch(cluster.Member{ID: "n1", Members: ids, Peers: peers, Peer: "127.0.0.1:1", Address: "127.0.0.1:1",
		Client: "127.0.0.1:2", Data: "data", Tick: time.Second})
	if l.Err != nil {
		return l.Err
	}
	_, err := expand(f.Client, clientOf{})
	return err
}
