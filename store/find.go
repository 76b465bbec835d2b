package store

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
)

// Found is where a recorded run is.
type Found struct {
	Dir     *Dir   // nil for a history outside a run's directory
	History string // path of the history
}

// Find resolves a user's name for a run: "latest" or "" (the last run of the store at root), the
// directory of a run, a path below root, or the file of a history.
func Find(root, arg string) (Found, error) {
	if arg == "" || arg == Latest {
		arg = filepath.Join(root, Latest)
	}
	for _, path := range []string{arg, filepath.Join(root, arg)} {
		info, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return Found{}, fmt.Errorf("run: %w", err)
		}
		if !info.IsDir() && filepath.Base(path) == Latest {
			if path, err = follow(path); err != nil {
				return Found{}, err
			}
			info, err = os.Stat(path)
			if err != nil {
				return Found{}, fmt.Errorf("run: %w", err)
			}
		}
		// The next run moves latest; the result must keep naming this run.
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if info.IsDir() {
			if !isRun(path) {
				return Found{}, fmt.Errorf("run: no %s or %s in %s", Plan, History, path)
			}
			return Found{&Dir{path}, filepath.Join(path, History)}, nil
		}
		found := Found{History: path}
		if parent := filepath.Dir(path); filepath.Base(path) == History && isRun(parent) {
			found.Dir = &Dir{parent}
		}
		return found, nil
	}
	return Found{}, fmt.Errorf("run: no such run or history: %s", arg)
}

// follow resolves a latest link that is a text file.
func follow(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("run: %w", err)
	}
	to := filepath.FromSlash(strings.TrimSpace(string(text)))
	if len(text) > 4096 || !filepath.IsLocal(to) {
		return "", fmt.Errorf("run: %s leads to no run", path)
	}
	return filepath.Join(filepath.Dir(path), to), nil
}

func isRun(dir string) bool {
	for _, name := range []string{Plan, History, Results} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// Entry is one run of a store.
type Entry struct {
	Name    string
	Began   time.Time
	Path    string          // below the root, with forward slashes
	Results *report.Results // nil while the run is incomplete
	Problem string          // why its results cannot be read, or ""
	Files   []string        // those of the run's files that exist
}

// List returns the runs of the store at root, newest first. A missing root has no runs.
func List(root string) ([]Entry, error) {
	names, err := os.ReadDir(root)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	var entries []Entry
	for _, name := range names {
		if !name.IsDir() || !nameShape.MatchString(name.Name()) {
			continue
		}
		times, err := os.ReadDir(filepath.Join(root, name.Name()))
		if err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		for _, at := range times {
			if at.IsDir() && stampShape.MatchString(at.Name()) {
				entries = append(entries, entry(root, name.Name(), at.Name()))
			}
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(a.Name, b.Name), cmp.Compare(len(b.Path), len(a.Path)),
			cmp.Compare(b.Path, a.Path))
	})
	return entries, nil
}

func entry(root, name, at string) Entry {
	e := Entry{Name: name, Path: name + "/" + at}
	e.Began, _ = time.Parse(stamp, at[:len(stamp)]) // stampShape has matched; an impossible date sorts last
	dir := filepath.Join(root, name, at)
	for _, file := range []string{Report, Plan, History, Status, Results, JUnit, Summary, Log, Nodes} {
		if _, err := os.Lstat(filepath.Join(dir, file)); err == nil {
			e.Files = append(e.Files, file)
		}
	}
	results, err := readResults(filepath.Join(dir, Results))
	switch {
	case err == nil:
		e.Results = results
	case !errors.Is(err, os.ErrNotExist):
		e.Problem = err.Error()
	}
	return e
}

func readResults(path string) (*report.Results, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return report.ReadResults(f)
}

// Load reads a run back, so that its report can be drawn again. A run without results is
// incomplete: it has a history and perhaps statuses.
func (d *Dir) Load() (*report.Run, error) {
	f, err := os.Open(d.File(History))
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	defer f.Close()
	h, err := history.Read(f)
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", d.File(History), err)
	}
	statuses, err := d.statuses()
	if err != nil {
		return nil, err
	}
	results, err := readResults(d.File(Results))
	if errors.Is(err, os.ErrNotExist) {
		return &report.Run{Name: filepath.Base(filepath.Dir(d.Path)), History: h, Statuses: statuses}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return results.Run(h, statuses), nil
}
