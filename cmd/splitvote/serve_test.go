package main

import (
	"bufio"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// The command answers under its own names only: those of --addr and --host among them.
func TestServeAnswersOnlyToItsOwnNames(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), binary, "serve", "--addr", "localhost:0", "--host", "runs.example.org",
		t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{"": http.StatusOK, "localhost": http.StatusOK,
		"runs.example.org": http.StatusOK, "evil.example": http.StatusMisdirectedRequest} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSpace(line), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host // "" is the address that was printed
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("Host %q: status %d, want %d", host, answer.StatusCode, want)
		}
	}
}
