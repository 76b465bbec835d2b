package service_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/targets/service"
)

// programmed is a service whose calls the test's own binary makes.
func programmed(t *testing.T) string {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return "client: [" + own + `, client, "{{.Addr}}", "{{.Object}}", "{{.Process}}", "{{.Run}}"]` +
		"\nobjects: {register: {read, write}}\n"
}

func TestCallsByProgram(t *testing.T) {
	s := mustLoad(t, programmed(t))
	for key, want := range map[string]string{
		"args":      `ok ["1.2.3.4:5","register","4","run"]`,
		"echo":      `ok ["write", 7, 3]`,
		"fail":      "fail no",
		"elsewhere": "fail elsewhere not here",
		"info":      "info who knows",
		"garbage":   `info the client answers "hello" instead of {"type": "ok"}, "fail" or "info" to the call that it was asked`,
		"untyped":   `info the client answers "{\"value\": 3}" instead of {"type": "ok"}, "fail" or "info" to the call that it was asked`,
		"other":     `info the client answers "{\"type\": \"ok\", \"index\": 2}" instead of {"type": "ok"}, "fail" or "info" to the call that it was asked`,
		"own":       "ok 7",
		"cut":       `info the client answers "{\"type\": \"o" instead of {"type": "ok"}, "fail" or "info" to the call that it was asked`,
		"die":       "info the client has ended (exit status 1): the connection is lost",
		"long":      "info the client's answer cannot be read: bufio.Scanner: token too long",
	} {
		t.Run(key, func(t *testing.T) {
			op := history.Op{F: "write", Key: key, Value: json.RawMessage("7"), Index: 3}
			if got := told(invoke(t, s, "1.2.3.4:5", time.Minute, op)); got != want {
				t.Errorf("told %s, want %s", got, want)
			}
		})
	}
	if got := told(invoke(t, s, "1.2.3.4:0", time.Minute,
		history.Op{F: "write"})); got != "fail elsewhere the client is not ready: nobody there" {
		t.Errorf("a client of nobody: %s", got)
	}
	// A program that is slow to start makes no call, and so the call had no effect; it is not
	// ended for that.
	s = mustLoad(t, "client: [sleep, '60']\nobjects: {register: {read, write}}\n")
	if got := told(invoke(t, s, "", 20*time.Millisecond,
		history.Op{F: "write"})); got != "fail elsewhere the client is not ready yet" {
		t.Errorf("a slow start: %s", got)
	}
	s = mustLoad(t, "client: [echo, hello]\nobjects: {register: {read, write}}\n")
	if got := told(invoke(t, s, "", time.Minute, history.Op{F: "write"})); !strings.HasPrefix(got,
		"fail elsewhere the client ") {
		t.Errorf("no client at all: %s", got)
	}
	s = mustLoad(t, "client: [./nowhere]\nobjects: {register: {read, write}}\n")
	if got := told(invoke(t, s, "1.2.3.4:5", time.Minute, history.Op{F: "read"})); !strings.HasPrefix(got,
		"fail elsewhere start client: ") {
		t.Errorf("a program that there is not: %s", got)
	}
}

// S3: a program goes on from call to call. One that owes an answer, or has given one too many, is
// succeeded by another.
func TestProgramsLast(t *testing.T) {
	const unasked = `fail elsewhere the client wrote "{\"type\": \"ok\", \"value\": 99}" without being asked`
	for name, test := range map[string]struct {
		keys []string
		want []string
	}{
		"no answer in time": {[]string{"calls", "calls", "silent", "calls", "calls"},
			[]string{"ok 1", "ok 2", "info context canceled", "ok 1", "ok 2"}},
		"deaf": {[]string{"calls", "deaf", "big", "calls"},
			[]string{"ok 1", "ok 2", "info the client does not read its input", "ok 1"}},
		"two answers": {[]string{"calls", "twice", "calls", "calls"}, []string{"ok 1", "ok 2", unasked, "ok 1"}},
		"gone between": {[]string{"calls", "leave", "calls", "calls"},
			[]string{"ok 1", "ok 2", "fail elsewhere the client has ended (exit status 3): bye", "ok 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := mustLoad(t, programmed(t)).Dial(t.Context(), "1.2.3.4:5", cluster.Session{Object: "register"})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for i, key := range test.keys {
				ctx, cancel := context.WithCancel(t.Context())
				op := history.Op{F: "read", Key: key}
				switch key {
				case "silent":
					time.AfterFunc(10*time.Millisecond, cancel)
				case "big":
					op.Value = json.RawMessage(`"` + strings.Repeat("x", 1<<20) + `"`)
					time.AfterFunc(10*time.Millisecond, cancel)
				}
				if got := told(c.Invoke(ctx, op)); got != test.want[i] {
					t.Errorf("call %d, %s: %s, want %s", i, key, got, test.want[i])
				}
				cancel()
				if key == "twice" || key == "leave" {
					service.AwaitUnasked(c)
				}
			}
		})
	}
}

// A program is asked whether the member serves, where nothing else tells.
func TestStatusByProgram(t *testing.T) {
	s := mustLoad(t, programmed(t))
	if got, err := s.Status(t.Context(), "1.2.3.4:5"); err != nil || !got.Up {
		t.Errorf("status %+v, error %v", got, err)
	}
	s = mustLoad(t,
		"client: [sh, -c, 'echo first >&2; echo no route >&2; exit 3']\nobjects: {register: {read, write}}\n")
	got, err := s.Status(t.Context(), "1.2.3.4:5")
	if err == nil || got.Up || err.Error() != "status of 1.2.3.4:5: the client has ended (exit status 3): no route" {
		t.Errorf("of a program that ends at once: status %+v, error %v", got, err)
	}
	var client *service.ClientError
	if !errors.As(err, &client) || !slices.Equal(client.Log, []string{"first", "no route"}) {
		t.Errorf("what it said is %+v", client)
	}
}

// A program may take longer to start than a question may take: it is not started anew for the next.
func TestSlowProgramsAreNotStartedAnew(t *testing.T) {
	dir := t.TempDir()
	ready := filepath.Join(dir, "ready")
	if err := syscall.Mkfifo(ready, 0o600); err != nil {
		t.Fatal(err)
	}
	s := mustLoad(t, fmt.Sprintf(`
client: [sh, -c, 'echo started >>%s/starts; read go <%[1]s/ready; while read line; do echo "{\"type\": \"ok\"}"; done']
objects: {register: {read, write}}
`, dir))
	defer s.Close()
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if got, err := s.Status(ctx, "1.2.3.4:5"); got.Up || err == nil ||
			!strings.Contains(err.Error(), "the client is not ready yet") {
			t.Errorf("before it is ready: status %+v, error %v", got, err)
		}
		cancel()
	}
	go os.WriteFile(ready, []byte("go\n"), 0o600)
	if got, err := s.Status(t.Context(), "1.2.3.4:5"); !got.Up || err != nil {
		t.Errorf("once it is ready: status %+v, error %v", got, err)
	}
	if starts, err := os.ReadFile(filepath.Join(dir, "starts")); string(starts) != "started\n" {
		t.Errorf("%v, and it said %q: it was started more than once", err, starts)
	}
}
