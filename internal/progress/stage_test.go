package progress

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Long work is told of on a terminal, from its first second on, and the terminal is left clean.
// Elsewhere nothing is printed.
func TestStage(t *testing.T) {
	for _, test := range []struct {
		name     string
		terminal bool
		work     time.Duration
		told     string // "" for nothing
	}{
		{"short work", true, 900 * time.Millisecond, ""},
		{"long work", true, 3*time.Second - 1, "\r\x1b[Khalf is read (2s)"},
		{"no terminal", false, time.Minute, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				line := New(&out, 0)
				if test.terminal {
					line.drawn, line.Every, line.width = true, 200*time.Millisecond, 80
				}
				s := watch(line, func() string { return "half is read" })
				<-time.After(test.work)
				s.Stop()
				switch told := out.String(); {
				case strings.Contains(told, "half") != (test.told != ""), !strings.Contains(told, test.told):
					t.Errorf("told %q", told)
				case test.terminal && !strings.HasSuffix(told, "\r\x1b[K"):
					t.Errorf("left %q on the terminal", told)
				}
			})
		})
	}
}
