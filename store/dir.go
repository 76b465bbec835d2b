package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/splitvote/splitvote/report"
)

// The files of a run.
const (
	Plan    = "plan.yaml"     // the experiment, every default and drawn option written out
	History = "history.jsonl" // what happened
	Status  = "status.jsonl"  // what the nodes reported about themselves
	Results = "results.json"
	JUnit   = "junit.xml"
	Summary = "summary.md"
	Report  = "report.html"
	Log     = "splitvote.log"
	Panic   = "panic.txt" // the stack, if the run ended in a panic
	Target  = "target"    // a directory: the file of a service, and the programs that it names
	Nodes   = "nodes"     // a directory: <node>.log and the nodes' data
)

// Latest is the name of the link from the store's root to the run that began last.
const Latest = "latest"

// stamp is the time format that names a run's directory.
const stamp = "20060102T150405.000"

var (
	nameShape  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)
	stampShape = regexp.MustCompile(`^\d{8}T\d{6}\.\d{3}(-\d+)?$`)
)

// Dir is the directory of one run.
type Dir struct{ Path string }

// Create makes the directory of a run that begins now and points the store's latest link at it. A
// name consists of letters, digits and . _ - and is not "latest".
func Create(root, name string, now time.Time) (*Dir, error) {
	if !nameShape.MatchString(name) || name == Latest {
		return nil, fmt.Errorf("name of the run is %q: want letters, digits and . _ -, and not %q", name, Latest)
	}
	parent := filepath.Join(root, name)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	base := now.UTC().Format(stamp)
	at := base
	for n := 2; ; n++ {
		err := os.Mkdir(filepath.Join(parent, at), 0o755)
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("store: %w", err)
		}
		at = fmt.Sprintf("%s-%d", base, n)
	}
	d := &Dir{filepath.Join(parent, at)}
	if err := os.Mkdir(d.File(Nodes), 0o755); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := point(root, filepath.Join(name, at)); err != nil {
		return nil, fmt.Errorf("store: %s: %w", Latest, err)
	}
	return d, nil
}

// point atomically makes root/latest link to the run at the relative path to. Without symbolic
// links, latest becomes a text file that holds the path. The new link is prepared under a hidden
// name in the run's own directory.
func point(root, to string) error {
	link := filepath.Join(root, to, "."+Latest)
	if os.Symlink(to, link) != nil {
		if err := os.WriteFile(link, []byte(filepath.ToSlash(to)+"\n"), 0o644); err != nil {
			return err
		}
	}
	return os.Rename(link, filepath.Join(root, Latest))
}

// Sweep removes the unfinished files that a killed harness left in a run's directory, and counts
// them.
func Sweep(dir string) (removed int, err error) {
	hidden, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	var errs []error
	for _, name := range hidden {
		if err := os.Remove(name); err != nil {
			errs = append(errs, err)
			continue
		}
		removed++
	}
	return removed, errors.Join(errs...)
}

// File returns the path of the run's file with the given name.
func (d *Dir) File(name string) string { return filepath.Join(d.Path, name) }

// Append opens a file of the run for appending, such as [History], [Status] and [Log]. Every write
// reaches the operating system at once, so a killed process loses none of it.
func (d *Dir) Append(name string) (*os.File, error) {
	f, err := os.OpenFile(d.File(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return f, nil
}

// Write atomically writes a file of the run (S2).
func (d *Dir) Write(name string, data []byte) error {
	f, err := os.CreateTemp(d.Path, "."+name+"-")
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), d.File(name))
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("store: %s: %w", name, err)
	}
	return nil
}

// Save writes every form of the report. A form that fails or panics does not prevent the others.
// Its pages link the run's own files.
func (d *Dir) Save(r *report.Run) error {
	linked := *r
	linked.Links = d.links(r.Links)
	r = &linked
	var errs []error
	for _, form := range []struct {
		name  string
		write func(io.Writer, *report.Run) error
	}{{Results, report.JSON}, {JUnit, report.JUnit}, {Summary, report.Markdown}, {Report, report.HTML}} {
		var b bytes.Buffer
		err := guarded(func() error { return form.write(&b, r) })
		if err == nil {
			err = d.Write(form.name, b.Bytes())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", form.name, err))
		}
	}
	return errors.Join(errs...)
}

func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}
