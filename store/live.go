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

// liveTail is the number of latest events that the page of a run in progress shows.
const liveTail = 40

// live follows the histories of runs in progress. Each request reads what was appended since the
// last one.
type live struct {
	lock  sync.Mutex
	paths map[string]*progress
}

// progress is the content of a history so far.
type progress struct {
	offset int64 // of the first unread byte

	Calls  checker.Counts
	ByF    []liveCalls
	Time   time.Duration // of the last event
	Faults []string      // active faults, by name and shape
	Tail   []history.Op  // the last events, newest first

	open map[int]string // active faults, by id
}

type liveCalls struct {
	F     string
	Calls checker.Counts
}

// livePage is the data of the page.
type livePage struct {
	Entry
	Progress progress
	Judged   string // path of the report, once it exists
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

// follow reads the new part of the run's history and returns a copy of its content so far.
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

// read takes the lines completed since the last time. A line that is not an event is skipped here;
// the checker reports it.
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
			return // the rest of the line is not written yet
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
