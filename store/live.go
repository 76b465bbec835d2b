package store

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// liveTail is how many of the last events the page of a run under way shows.
const liveTail = 40

// live follows the histories of runs that are not judged yet. Each request reads what was appended since the last one.
type live struct {
	lock  sync.Mutex
	paths map[string]*progress
}

// progress is what a history holds so far.
type progress struct {
	offset int64 // of the first byte that was not read

	Calls  checker.Counts
	ByF    []liveCalls
	Time   time.Duration // of the last event
	Faults []string      // that are on, by name and nodes
	Tail   []history.Op  // the last events, the newest first

	open map[int]string // faults that are on, by id
}

type liveCalls struct {
	F     string
	Calls checker.Counts
}

// livePage is what the template draws.
type livePage struct {
	Entry
	Progress progress
	Judged   string // path of the report, once there is one
}

func (l *live) serve(w http.ResponseWriter, r *http.Request, root string) {
	entries, err := List(root)
	if err != nil {
		http.Error(w, "the runs cannot be listed", http.StatusInternalServerError)
		return
	}
	e := pick(entries, r.URL.Query().Get("run"))
	if e == nil {
		http.Error(w, "no such run", http.StatusNotFound)
		return
	}
	page := livePage{Entry: *e, Progress: l.follow(root, e.Path)}
	if slices.Contains(e.Files, Report) {
		page.Judged = "/" + e.Path + "/" + Report
	}
	draw(w, "live", page)
}

// follow reads on in the run's history and returns a copy of what it holds.
func (l *live) follow(root, path string) progress {
	l.lock.Lock()
	defer l.lock.Unlock()
	p := l.paths[path]
	if p == nil {
		p = &progress{open: map[int]string{}}
		if l.paths == nil {
			l.paths = map[string]*progress{}
		}
		l.paths[path] = p
	}
	p.read(root, path)
	shown := *p
	shown.ByF, shown.Tail = slices.Clone(p.ByF), slices.Clone(p.Tail)
	slices.Reverse(shown.Tail)
	shown.Faults = nil
	for id := range p.open {
		shown.Faults = append(shown.Faults, p.open[id])
	}
	slices.Sort(shown.Faults)
	return shown
}

// read takes the lines that were completed since the last time. A line that is no event is passed over: the judge says so.
func (p *progress) read(root, path string) {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return
	}
	defer dir.Close()
	f, err := dir.Open(filepath.Join(filepath.FromSlash(path), History))
	if err != nil {
		return
	}
	defer f.Close()
	if _, err := f.Seek(p.offset, io.SeekStart); err != nil {
		return
	}
	in := bufio.NewReaderSize(f, 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return // the rest of the line is still to come
		}
		p.offset += int64(len(line))
		var op history.Op
		if json.Unmarshal(bytes.TrimSpace(line), &op) == nil && op.F != "" {
			p.take(op)
		}
	}
}

func (p *progress) take(op history.Op) {
	p.Time = max(p.Time, op.Time)
	p.Tail = append(p.Tail, op)
	if len(p.Tail) > 2*liveTail {
		p.Tail = slices.Clone(p.Tail[len(p.Tail)-liveTail:])
	}
	if op.Process == history.Nemesis {
		for _, f := range op.Faults() {
			switch f.Phase {
			case history.Start:
				p.open[f.ID] = f.Fault + " " + f.Shape
			case history.Stop:
				delete(p.open, f.ID)
			}
		}
		return
	}
	if op.Kind == history.Invoke {
		return
	}
	p.Calls.Add(op.Kind)
	i := slices.IndexFunc(p.ByF, func(c liveCalls) bool { return c.F == op.F })
	if i < 0 {
		i = len(p.ByF)
		p.ByF = append(p.ByF, liveCalls{F: op.F})
	}
	p.ByF[i].Calls.Add(op.Kind)
}
