package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/internal/judge"
)

// The verdict comes while the pipe is open and silent and a call hangs that began before those
// that show the violation.
func TestAPipeIsJudgedWhileACallHangs(t *testing.T) {
	in, writer := io.Pipe()
	defer writer.Close()
	go func() {
		_, _ = io.WriteString(writer, strings.Join([]string{
			`{"process":9,"type":"invoke","f":"acquire","value":null}`,
			`{"process":0,"type":"invoke","f":"acquire","value":null}`,
			`{"process":0,"type":"ok","f":"acquire","value":null}`,
			`{"process":1,"type":"invoke","f":"acquire","value":null}`,
			`{"process":1,"type":"ok","f":"acquire","value":null}`, ""}, "\n"))
	}()
	var out bytes.Buffer
	c := check{Options: judge.Options{Model: "mutex", Format: "auto", Engine: "auto", Timeout: 1 << 40, Settle: -1}}
	err := c.run(t.Context(), "-", in, newWork(&out))
	if !errors.Is(err, verdictExit(checker.Invalid)) || !strings.HasPrefix(out.String(), "INVALID") {
		t.Errorf("%v, want invalid:\n%s", err, out.String())
	}
}
