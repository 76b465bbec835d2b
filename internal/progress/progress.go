// Package progress tells on a terminal, or in lines, how long work is going on.
package progress

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// Line tells on stderr how a run is going: one line that is drawn over on a terminal, a line
// now and then elsewhere.
type Line struct {
	mu      sync.Mutex
	out     io.Writer
	drawn   bool // on a terminal: the line is redrawn in place
	Every   time.Duration
	started time.Time
	told    time.Time
	at      time.Duration // time of the latest event, virtual in sim
	total   time.Duration // of the main phase
	counts  [4]int
	faults  map[int]string // faults that are on, by number
	leaders map[history.NodeID]cluster.Status
	width   int
}

// New is the line of a run whose main phase takes total.
func New(out io.Writer, total time.Duration) *Line {
	p := &Line{
		out:     out,
		Every:   5 * time.Second,
		total:   total,
		faults:  map[int]string{},
		leaders: map[history.NodeID]cluster.Status{},
		started: time.Now(),
	}
	p.told = p.started
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.drawn, p.Every, p.width = true, 200*time.Millisecond, 120
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 20 {
			p.width = w - 1
		}
	}
	return p
}

// Event hears of an event of the history.
func (p *Line) Event(op *history.Op) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = op.Time
	if op.Process != history.Nemesis {
		p.counts[op.Kind]++
	}
	for _, f := range op.Faults() {
		if f.Phase == history.Start {
			p.faults[f.ID] = strings.TrimSpace(f.Fault + " " + f.Shape)
		} else {
			delete(p.faults, f.ID)
		}
	}
	if now := time.Now(); now.Sub(p.told) >= p.Every {
		p.told = now
		p.tell()
	}
}

// Status hears of a node's status.
func (p *Line) Status(_ time.Duration, node history.NodeID, s cluster.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leaders[node] = s
}

// tell prints the line.
func (p *Line) tell() {
	calls := p.counts[history.Ok] + p.counts[history.Fail] + p.counts[history.Info]
	line := fmt.Sprintf(
		"%5.1f s of %s  %d ops  %d ok  %d fail  %d info  %.0f/s  leader %s",
		p.at.Seconds(),
		p.total,
		calls,
		p.counts[history.Ok],
		p.counts[history.Fail],
		p.counts[history.Info],
		float64(calls)/max(p.at.Seconds(), 0.001),
		p.leader(),
	)
	if len(p.faults) > 0 {
		ids := make([]int, 0, len(p.faults))
		for id := range p.faults {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		names := make([]string, 0, len(ids))
		for _, id := range ids {
			names = append(names, p.faults[id])
		}
		line += "  [" + strings.Join(names, ", ") + "]"
	}
	p.Draw(line)
}

// Draw shows a line until the next.
func (p *Line) Draw(line string) {
	if !p.drawn {
		fmt.Fprintln(p.out, line)
		return
	}
	fmt.Fprintf(p.out, "\r\x1b[K%.*s", p.width, line)
}

// leader is the node that leads in the highest term known.
func (p *Line) leader() string {
	name, best := "?", uint64(0)
	for node, s := range p.leaders {
		if s.Up && s.Role == "leader" && s.Term >= best {
			name, best = string(node), s.Term
		}
	}
	return name
}

// Say prints a line of its own.
func (p *Line) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	fmt.Fprintf(p.out, format+"\n", args...)
}

// Write lets a backend say what it does, a line at a time.
func (p *Line) Write(line []byte) (int, error) {
	p.Say("%s", strings.TrimRight(string(line), "\n"))
	return len(line), nil
}

// Done ends the drawn line.
func (p *Line) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
