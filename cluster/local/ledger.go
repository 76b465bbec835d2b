package local

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/history"
)

// StateDir is where ledgers are kept: splitvote in $XDG_STATE_HOME, else in ~/.local/state, else,
// where neither can be made, in the system's directory of temporary files.
func StateDir() string {
	var dirs []string
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		dirs = append(dirs, filepath.Join(dir, "splitvote"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".local", "state", "splitvote"))
	}
	for _, dir := range dirs {
		if os.MkdirAll(dir, 0o755) == nil {
			return dir
		}
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("splitvote-%d", os.Getuid()))
}

// entry is a line of a ledger. The first names the harness, each other one a child. A ledger is a
// file in local/ of the state directory, and there as long as its cluster is open.
type entry struct {
	Node    history.NodeID `json:"node,omitempty"` // "" for the harness
	Pid     int            `json:"pid"`
	Started string         `json:"started"`        // identity
	Run     string         `json:"run,omitempty"`  // of the harness
	Data    string         `json:"data,omitempty"` // of the harness: a directory to remove with the nodes
	Mark    string         `json:"mark,omitempty"` // of the harness: what the environment of all that nodes start holds
}

// alive says whether the process that e names, and no other with its number, is still there.
func (e entry) alive() bool {
	started, err := live.Identity(e.Pid)
	return err == nil && started == e.Started
}

// ledger is the record of the children of one cluster.
type ledger struct {
	file *os.File
	name string
}

// newLedger names a ledger that is not there yet, by what no other has.
func newLedger(state string) (name string, err error) {
	dir, err := filepath.Abs(filepath.Join(state, "local"))
	return filepath.Join(dir, rand.Text()+".jsonl"), err
}

// markOf is what the environment of a node, and of whatever it starts, holds in a cluster with
// that ledger.
func markOf(ledger string) string {
	return "SPLITVOTE_MEMBER_OF=" + strings.TrimSuffix(filepath.Base(ledger), ".jsonl")
}

// unfinished is what the name of a ledger without its first line ends with.
const unfinished = ".new"

// openLedger begins a ledger for this process's run, and keeps it locked until it is closed,
// however that comes about.
func openLedger(name, run, data string) (*ledger, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	f, err := os.OpenFile(name+unfinished, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l := &ledger{f, f.Name()}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("ledger: %w", err), l.close())
	}
	if err := l.add(entry{Pid: os.Getpid(), Run: run, Data: data, Mark: markOf(name)}); err != nil {
		return nil, errors.Join(err, l.close())
	}
	if err := os.Rename(l.name, name); err != nil { // only now: Clean must not meet a ledger without its first line
		return nil, errors.Join(fmt.Errorf("ledger: %w", err), l.close())
	}
	l.name = name
	return l, nil
}

// locked says whether somebody keeps a ledger open: a harness that lives, be it where its number
// says nothing to us.
func locked(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

// add writes down a process, in one write: a harness that is killed leaves whole lines.
func (l *ledger) add(e entry) (err error) {
	if e.Started, err = live.Identity(e.Pid); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// close removes the ledger: there is nothing left to clean. That somebody else has removed it is no
// matter by now.
func (l *ledger) close() error {
	err := os.Remove(l.name)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(l.file.Close(), err)
}

// Clean kills the children, and removes the data, of every cluster whose harness is gone, by the
// ledgers in the state directory ("" is StateDir). It counts the processes killed and writes a line
// for each to log.
func Clean(state string, log io.Writer) (killed int, err error) {
	if state == "" {
		state = StateDir()
	}
	ledgers, err := filepath.Glob(filepath.Join(state, "local", "*.jsonl"))
	if err != nil {
		return 0, fmt.Errorf("clean: %w", err)
	}
	var errs []error
	for _, name := range ledgers {
		n, err := clean(name, log)
		killed += n
		if err != nil {
			errs = append(errs, fmt.Errorf("clean %s: %w", name, err))
		}
	}
	return killed, errors.Join(errs...)
}

func clean(name string, log io.Writer) (killed int, err error) {
	entries, err := readLedger(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // its cluster was closed just now
	}
	if err != nil {
		return 0, err
	}
	harness := entries[0]
	if harness.alive() || locked(name) {
		fmt.Fprintf(log, "run %s is still under way in pid %d: left alone\n", harness.Run, harness.Pid)
		return 0, nil
	}
	return remove(name, entries, log)
}

// Reap removes what is left of the cluster with a ledger whose harness is dead, and counts what it
// found. The ledger need not be there: the harness may have died before it was, or after it was
// removed.
func Reap(name string) (found int, err error) {
	entries, err := readLedger(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	if os.Remove(name+unfinished) == nil {
		found++
	}
	if len(entries) == 0 {
		return found + live.KillMarked(markOf(name)), nil
	}
	killed, err := remove(name, entries, io.Discard)
	return found + killed + 1, err
}

// remove kills the children that a ledger names and whatever they have started, and removes their
// data and the ledger.
func remove(name string, entries []entry, log io.Writer) (killed int, err error) {
	harness := entries[0]
	for _, e := range entries[1:] {
		if !e.alive() {
			continue
		}
		if err := end(e); err != nil {
			return killed, err
		}
		killed++
		fmt.Fprintf(log, "killed %s of run %s, pid %d\n", e.Node, harness.Run, e.Pid)
	}
	if harness.Mark != "" {
		killed += live.KillMarked(harness.Mark)
	}
	if harness.Data != "" {
		if err := os.RemoveAll(harness.Data); err != nil {
			return killed, err
		}
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return killed, err
	}
	return killed, nil
}

// end kills a process that is not our child, with its group, and waits until it is gone.
func end(e entry) error {
	if err := syscall.Kill(-e.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill pid %d: %w", e.Pid, err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(5 * time.Second); e.alive(); <-tick.C {
		if time.Now().After(deadline) {
			return fmt.Errorf("pid %d is still there", e.Pid)
		}
	}
	return nil
}

// readLedger reads the whole lines of a ledger. The first must be there.
func readLedger(name string) ([]entry, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for line := range strings.Lines(string(text)) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(entries)+1, err)
		}
		// as a number to signal, these are whole groups or init; a harness may be init
		if e.Pid <= 1 && len(entries) > 0 {
			return nil, fmt.Errorf("line %d: pid is %d", len(entries)+1, e.Pid)
		}
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return nil, errors.New("it is empty")
	}
	return entries, nil
}
