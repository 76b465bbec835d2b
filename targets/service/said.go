package service

import (
	"strings"
	"sync"
)

// lastLines keeps the last lines written to it, up to a length.
type lastLines struct {
	mu   sync.Mutex
	kept [][]byte
	next bool // the last line is complete
}

// Limits of what is kept of a program's standard error.
const (
	mostLines  = 10
	lineLength = 200
)

func (l *lastLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range b {
		if c == '\n' {
			l.next = true
			continue
		}
		if l.next || len(l.kept) == 0 {
			l.kept, l.next = append(l.kept[max(0, len(l.kept)-mostLines+1):], nil), false
		}
		if last := &l.kept[len(l.kept)-1]; len(*last) < lineLength {
			*last = append(*last, c)
		}
	}
	return len(b), nil
}

// lines returns the lines that are not blank.
func (l *lastLines) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var said []string
	for _, line := range l.kept {
		if s := strings.TrimRight(string(line), " \t\r"); strings.TrimSpace(s) != "" {
			said = append(said, s)
		}
	}
	return said
}
