package inprocess

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// errands are calls of functions that somebody else has written: each runs in a goroutine with a
// label, which all goroutines that it starts inherit (I5).
type errands struct {
	label string // unlike any other cluster's

	mu    sync.Mutex
	count uint64
	under map[uint64]string // what has not returned, by number
	idle  chan struct{}     // closed once nothing is under way, made anew by wait
}

// errLate is a function that takes too long.
var errLate = errors.New("has not returned")

// labelled is the name of the labels.
const labelled = "splitvote"

// run calls f beside the caller. of is whose goroutines it starts, what is what it does.
func (e *errands) run(of, what string, f func()) {
	e.mu.Lock()
	e.count++
	number := e.count
	e.under[number] = what
	e.mu.Unlock()
	go pprof.Do(context.Background(), pprof.Labels(labelled, e.label+" "+of), func(context.Context) {
		defer func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			delete(e.under, number)
			if len(e.under) == 0 && e.idle != nil {
				close(e.idle)
				e.idle = nil
			}
		}()
		f()
	})
}

// wait waits until all errands have returned, and says which have not within the time.
func (e *errands) wait(limit time.Duration) error {
	e.mu.Lock()
	if len(e.under) == 0 {
		e.mu.Unlock()
		return nil
	}
	if e.idle == nil {
		e.idle = make(chan struct{})
	}
	idle := e.idle
	e.mu.Unlock()
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-idle:
		return nil
	case <-t.C:
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.under) == 0 {
		return nil
	}
	first := e.under[slices.Min(slices.Collect(maps.Keys(e.under)))]
	if more := len(e.under) - 1; more > 0 {
		first += fmt.Sprintf(" (and %d more)", more)
	}
	return fmt.Errorf("%s %w within %v", first, errLate, limit)
}

// leaked says which goroutines are left that errands have started, nil if there are none within the
// time.
func (e *errands) leaked(limit time.Duration) error {
	tick := time.NewTicker(limit / 20)
	defer tick.Stop()
	for range 20 {
		if e.left() == nil {
			return nil
		}
		<-tick.C
	}
	return e.left()
}

// left finds labels in the profile of all goroutines: blocks of a count, labels, and a stack.
func (e *errands) left() error {
	var text bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&text, 1); err != nil {
		return err
	}
	total, of, where, count := 0, "", "", 0
	mine := false
	for lines := bufio.NewScanner(&text); lines.Scan(); {
		line := lines.Text()
		switch fields := strings.Fields(line); {
		case len(fields) > 1 && fields[1] == "@":
			count, _ = strconv.Atoi(fields[0])
			mine = false
		case strings.HasPrefix(line, "# labels:"):
			_, rest, found := strings.Cut(line, strconv.Quote(labelled)+":\""+e.label+" ")
			if mine = found; mine {
				total += count
				if of == "" {
					of, _, _ = strings.Cut(rest, "\"")
				}
			}
		case mine && strings.HasPrefix(line, "#\t"):
			// The innermost frame that is not the runtime's or a package's of it says most.
			if name, _, _ := strings.Cut(fields[2], "+"); where == "" && !standard(name) {
				where = name + " (" + fields[3] + ")"
			}
		}
	}
	if total == 0 {
		return nil
	}
	s := fmt.Sprintf("%s has left %d goroutines behind after Close", of, total)
	if total == 1 {
		s = of + " has left a goroutine behind after Close"
	}
	if where != "" {
		s += ": " + where
	}
	return errors.New(s)
}

// standard says whether a function is of the standard library: its path has no dot before a slash.
func standard(name string) bool {
	first, _, below := strings.Cut(name, "/")
	if !below {
		first, _, _ = strings.Cut(name, ".")
		return first != "main"
	}
	return !strings.Contains(first, ".")
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
