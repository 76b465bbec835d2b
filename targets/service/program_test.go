package service_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// programmed is a service whose calls the test's own binary makes.
func programmed(t *testing.T) string {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return "client: [" + own + `, client, "{{.Addr}}", "{{.Object}}", "{{.Process}}", "{{.Run}}"]` + "\nobjects: {register: {read, write}}\n"
}

func TestCallsByProgram(t *testing.T) {
	s := mustLoad(t, programmed(t))
	for key, want := range map[string]string{
		"args":      `ok ["1.2.3.4:5","register","4","run"]`,
		"echo":      `ok ["write", 7, 3]`,
		"fail":      "fail no",
		"elsewhere": "fail elsewhere not here",
		"info":      "info who knows",
		"garbage":   `info the client answers "hello", and not {"type": "ok"}, "fail" or "info"`,
		"untyped":   `info the client answers "{\"value\": 3}", and not {"type": "ok"}, "fail" or "info"`,
		"die":       "info the client has ended: the connection is lost",
	} {
		t.Run(key, func(t *testing.T) {
			op := history.Op{F: "write", Key: key, Value: json.RawMessage("7"), Index: 3}
			if got := told(invoke(t, s, "1.2.3.4:5", time.Minute, op)); got != want {
				t.Errorf("told %s, want %s", got, want)
			}
		})
	}
	if got := told(invoke(t, s, "1.2.3.4:5", 20*time.Millisecond, history.Op{F: "read", Key: "silent"})); got != "info context deadline exceeded" {
		t.Errorf("no answer in time: %s", got)
	}
	if got := told(invoke(t, s, "1.2.3.4:0", time.Minute, history.Op{F: "write"})); got != "fail elsewhere the client is not ready: nobody there" {
		t.Errorf("a client of nobody: %s", got)
	}
	// A program that is slow to start makes no call, and so the call had no effect; it is not ended for that.
	s = mustLoad(t, "client: [sleep, '60']\nobjects: {register: {read, write}}\n")
	if got := told(invoke(t, s, "", 20*time.Millisecond, history.Op{F: "write"})); got != "fail elsewhere the client is not ready yet" {
		t.Errorf("a slow start: %s", got)
	}
	s = mustLoad(t, "client: [echo, hello]\nobjects: {register: {read, write}}\n")
	if got := told(invoke(t, s, "", time.Minute, history.Op{F: "write"})); !strings.HasPrefix(got, "fail elsewhere the client ") {
		t.Errorf("no client at all: %s", got)
	}
	s = mustLoad(t, "client: [./nowhere]\nobjects: {register: {read, write}}\n")
	if got := told(invoke(t, s, "1.2.3.4:5", time.Minute, history.Op{F: "read"})); !strings.HasPrefix(got, "fail start client: ") {
		t.Errorf("a program that there is not: %s", got)
	}
}

// S3: a program goes on from call to call, and one that owed an answer is succeeded by another.
func TestProgramsLast(t *testing.T) {
	c, err := mustLoad(t, programmed(t)).Dial(t.Context(), "1.2.3.4:5", cluster.Session{Object: "register"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, want := range []string{"ok 1", "ok 2", "", "ok 1", "ok 2"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		key := "calls"
		if want == "" {
			ctx, cancel = context.WithTimeout(t.Context(), 10*time.Millisecond)
			key, want = "silent", "info context deadline exceeded"
		}
		if got := told(c.Invoke(ctx, history.Op{F: "read", Key: key})); got != want {
			t.Errorf("call %d: %s, want %s", i, got, want)
		}
		cancel()
	}
}

// A program is asked whether the member serves, where nothing else tells.
func TestStatusByProgram(t *testing.T) {
	s := mustLoad(t, programmed(t))
	if got, err := s.Status(t.Context(), "1.2.3.4:5"); err != nil || !got.Up {
		t.Errorf("status %+v, error %v", got, err)
	}
	s = mustLoad(t, "client: ['false']\nobjects: {register: {read, write}}\n")
	if got, err := s.Status(t.Context(), "1.2.3.4:5"); err == nil || got.Up {
		t.Errorf("of a program that ends at once: status %+v, error %v", got, err)
	}
}
