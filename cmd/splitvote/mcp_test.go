package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/splitvote/splitvote/internal/failure"
)

// An agent finds a planted bug, reads about it, and is refused what the command refuses; it gets at
// no file outside a run.
func TestAgentsCanDoWhatTheCommandDoes(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(binary, "mcp")
	cmd.Dir = dir
	client := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil)
	session, err := client.Connect(t.Context(), &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()

	tools, err := session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range tools.Tools {
		names = append(names, tool.Name)
	}
	if got := strings.Join(names, " "); got != "check explain list read_run run shrink" {
		t.Errorf("the tools are %s", got)
	}

	history := `{"process":0,"type":"invoke","f":"write","value":1}
{"process":0,"type":"ok","f":"write","value":1}
{"process":1,"type":"invoke","f":"read","value":null}
{"process":1,"type":"ok","f":"read","value":2}
`
	if err := os.WriteFile(filepath.Join(dir, "history.jsonl"), []byte(history), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	type args = map[string]any
	for _, call := range []struct {
		tool   string
		args   args
		status int
		has    string
	}{
		{"list", args{"what": "targets"}, 0, "multipaxos"},
		{"list", args{"what": "nonsense"}, 254, "nonsense"},
		{"check", args{"file": "history.jsonl", "model": "register"}, 1, `"verdict": "invalid"`},
		{"explain", args{"file": "history.jsonl", "model": "register"}, 1, "INVALID"},
		{"check", args{"file": "--html=page.html", "model": "register"}, 254, "no such file"},
		{"run", args{"backend": "sim", "bug": "raft/answers-before-commit", "workload": "register", "nodes": 3,
			"seed": 1, "faults": []string{"partition", "kill"}, "time_limit": "20s"}, 1, "INVALID"},
		{"run", args{"target": "rafd"}, 254, "did you mean raft"},
		{"read_run", args{"run": "latest"}, 0, "history.jsonl"},
		{"read_run", args{"run": "latest", "file": "summary.md"}, 0, "INVALID"},
		{"read_run", args{"run": "latest", "file": "summary.md", "from": 4}, 0, "INVALID"},
		{"read_run", args{"run": "latest", "file": "../../../secret"}, 254, "escapes"},
		{"read_run", args{"run": "nowhere"}, 254, "nowhere"},
		{"shrink", args{"run": "latest", "for": "5s"}, 1, "calls"},
	} {
		got, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: call.tool, Arguments: call.args})
		if err != nil {
			t.Fatalf("%s %v: %v", call.tool, call.args, err)
		}
		var text strings.Builder
		for _, c := range got.Content {
			text.WriteString(c.(*mcp.TextContent).Text)
		}
		structured, _ := got.StructuredContent.(map[string]any)
		if status, _ := structured["exit_status"].(float64); int(status) != call.status ||
			got.IsError != (call.status >= failure.ExitUsage) {
			t.Errorf("%s %v: exit status %v (error %v), want %d", call.tool, call.args, status, got.IsError,
				call.status)
		}
		if !strings.Contains(text.String(), call.has) || strings.Contains(text.String(), "secret\n") {
			t.Errorf("%s %v says no %q:\n%s", call.tool, call.args, call.has, text.String())
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "page.html")); err == nil {
		t.Error("an operand was taken for a flag")
	}
}
