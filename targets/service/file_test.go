package service_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/targets/service"
)

// S4: what is wrong with a file is said in one line, with its place.
func TestLoadRefuses(t *testing.T) {
	const calls = "\nobjects: {register: {read: {get: /x}}}\n"
	for name, test := range map[string]struct{ file, want string }{
		"nothing":        {"", "objects: none is named"},
		"an unknown key": {"nmae: kv" + calls, "line 1: no such key: nmae (did you mean name?)"},
		"a wrong type":   {"\nport: many" + calls, "line 2: cannot unmarshal !!str `many` into uint16"},
		"two documents": {"ready: /x" + calls + "---\nname: b\n",
			"more than one document; a service is one"},
		"no way to see it serve": {calls, "ready: missing"},
		"ready is a list":        {"ready: [a]" + calls, "line 1: ready: want a path, or {path: "},
		"ready has another key": {"ready: {wihtin: 5s}" + calls,
			"line 1: ready: unknown key: wihtin (known: path, within)"},
		"ready within no time": {"ready: {path: /x, within: 0s}" + calls,
			"line 1: ready: within: 0s is not a positive time"},
		"ready within what":         {"ready: {path: /x, within: soon}" + calls, `line 1: "soon" is no duration`},
		"ready without a path":      {"ready: {within: 5s}" + calls, "ready: missing"},
		"ready is no path":          {"ready: health" + calls, `ready: "health" is not a path`},
		"a command without words":   {"ready: /x\nlocal: {}" + calls, "local: command is missing"},
		"a container without image": {"ready: /x\ndocker: {command: [a]}" + calls, "docker: image is missing"},
		"a member twice": {"ready: /x\nmembers: [a, a]" + calls,
			`members: "a" is not a valid name, or appears twice`},
		"a call without a method": {"ready: /x\nobjects: {register: {read: {body: x}}}",
			"objects: register: read: want one of get, post"},
		"a mismatch without condition": {"ready: /x\nobjects: {register: {write: {put: /x, answers: {mismatch: " +
			"[412]}}}}", "objects: register: write: answers: mismatch: write has no condition; "},
		"a call with two": {"ready: /x\nobjects: {register: {read: {get: /x, put: /x}}}",
			"objects: register: read: want one of get, post"},
		"calls beside a client": {"client: [a]" + calls, "objects: register: read: the client makes the calls"},
		"a list for a text":     {"ready: /x\nobjects: {register: {read: {get: [a]}}}", "line 2: want a string"},
		"half a template": {"ready: /x\nobjects: {register: {read: {get: '/{{.Key'}}}",
			"line 2: unclosed action"},
		"a function there is not": {"ready: /x\nlocal:\n  command: ['{{shout .ID}}']" + calls,
			`line 3: function "shout" not defined`},
		"a field there is not": {"ready: /x\nlocal:\n  command: [a, '{{.Name}}']" + calls,
			"line 3: in {{.Name}}: can't evaluate field Name"},
		"such a field in env": {"ready: /x\ndocker:\n  image: a\n  env: {A: '{{.B}}'}" + calls,
			"line 4: in {{.B}}: can't evaluate field B"},
		"such a field of a path": {"ready: /x\nobjects: {register: {read: {get: '/{{.Kee}}'}}}",
			"objects: register: read: line 2: in {{.Kee}}: can't evaluate field Kee"},
		"such a field of a body": {"ready: /x\nobjects: {register: {cas: {put: /x, body: '{{index .Value " +
			"0}}{{.Val}}'}}}", "objects: register: cas: line 2: in {{.Val}}: "},
		"an answer in a request": {"ready: /x\nobjects: {register: {read: {get: '/{{.Status}}'}}}",
			"objects: register: read: line 2: in {{.Status}}: "},
		"such a field of an answer": {"ready: /x\nobjects: {register: {read: {get: /x, value: '{{.Json}}'}}}",
			"objects: register: read: line 2: in {{.Json}}: "},
		"such a field of a status": {"status: {get: /x, role: '{{.Role}}'}" + calls, "status: line 1: in {{.Role}}: "},
		"such a field of a client": {"client: ['{{.ID}}']\nobjects: {register: {read, write}}",
			"line 1: in {{.ID}}: can't evaluate field ID"},
		"a join of a text": {"ready: /x\nlocal: {command: ['{{join .ID \",\"}}']}" + calls,
			`line 2: in {{join .ID ","}}: error calling join: join wants .Members, .Peers or .All`},
		"a status without request": {"status: {role: leader}" + calls, "status: want one of get, post"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, test.file)
			if err == nil || !strings.Contains(err.Error(), "kv.yaml: "+test.want) ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want …kv.yaml: %s…", err, test.want)
			}
		})
	}
	if _, err := service.Load("nowhere.yaml"); err == nil || err.Error() != "nowhere.yaml: no such file or directory" {
		t.Errorf("error %v", err)
	}
}

func TestWhatAFileSays(t *testing.T) {
	s := mustLoad(t, `
promises: sequential
settle: 2s
port: 6379
members: [a, b]
local: {command: [x]}
docker: {image: i}
ready: /x
objects:
  set: {add: {post: /x}, read: {get: /x}}
  register: {read: {get: /x}}
`)
	got := map[string]any{"name": s.Name(), "promises": s.Promise(), "settle": s.Settle().String(), "port": s.Port(),
		"members": s.Members(), "backends": s.Backends(), "objects": s.Objects(), "calls": s.Calls("set"),
		"of no object": len(s.Calls("queue")), "role": s.TellsRole()}
	want := map[string]any{"name": "kv", "promises": "sequential", "settle": "2s", "port": uint16(6379),
		"members": []history.NodeID{"a", "b"}, "backends": []string{"docker", "local"},
		"objects": []string{"register", "set"}, "calls": []string{"add", "read"}, "of no object": 0, "role": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLaunch(t *testing.T) {
	s := mustLoad(t, `
local:
  command: [./bin/kv, "--id={{.ID}}", "{{.Index}}", "{{host .Client}}", "{{port .Client}}", '{{join .Peers "," "="}}', '{{join .Members ";"}}']
  env: {DATA: "{{.Data}}", ADDRESS: "{{.Address}}"}
docker:
  image: kv:1
  command: ['{{join .All ","}}', "{{range $id, $addr := .Peers}}-peer {{$id}} {{end}}"]
ready: /health
objects: {register: {read: {get: /x}}}
`)
	got := s.Launch(cluster.Member{ID: "n2", Members: []history.NodeID{"n1", "n2", "n3"}, Peer: "0.0.0.0:9",
		Client: "10.0.0.2:8", Address: "10.0.0.2:9",
		Peers: map[history.NodeID]string{"n3": "10.0.0.3:9", "n1": "10.0.0.1:9"}, Data: "/data"})
	if !filepath.IsAbs(got.Local.Dir) {
		t.Errorf("runs in %s", got.Local.Dir)
	}
	want := cluster.Launch{Image: "kv:1", Ready: "/health", Stream: true,
		Argv: []string{"10.0.0.1:9,10.0.0.2:9,10.0.0.3:9", "-peer n1 -peer n3 "},
		Local: &cluster.Command{Dir: got.Local.Dir, Env: []string{"ADDRESS=10.0.0.2:9", "DATA=/data"},
			Argv: []string{filepath.Join(got.Local.Dir, "bin/kv"), "--id=n2", "1", "10.0.0.2", "8",
				"n1=10.0.0.1:9,n3=10.0.0.3:9", "n1;n2;n3"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// How long a member may take until it serves is for the file to say, beside the path or without
// one.
func TestReadyWithin(t *testing.T) {
	for file, want := range map[string]cluster.Launch{
		"ready: /x":                                 {Ready: "/x"},
		"ready: {path: /x}":                         {Ready: "/x"},
		"ready: {path: /x, within: 90s}":            {Ready: "/x", Within: 90 * time.Second},
		"status: {get: /s}\nready: {within: 1m30s}": {Within: 90 * time.Second},
	} {
		got := mustLoad(t, file+"\nobjects: {register: {read: {get: /x}}}\n").Launch(cluster.Member{ID: "n1"})
		if got.Ready != want.Ready || got.Within != want.Within {
			t.Errorf("%s: ready %q within %v, want %q within %v", file, got.Ready, got.Within, want.Ready, want.Within)
		}
	}
}

// A file that fits some sizes of clusters only says so when one of another size is started.
func TestLaunchSaysWhyNot(t *testing.T) {
	s := mustLoad(t, `
local: {command: [x, "{{index .Members 2}}"]}
ready: /x
objects: {register: {read: {get: /x}}}
`)
	l := s.Launch(cluster.Member{ID: "n1", Members: []history.NodeID{"n1"}})
	if l.Err == nil || !strings.Contains(l.Err.Error(), "line 2: in {{index .Members 2}}: ") {
		t.Errorf("error %v", l.Err)
	}
}
