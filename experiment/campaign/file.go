package campaign

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/internal/build"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/store"
)

// fileName is the file in a campaign's directory that says how far it is.
const fileName = "campaign.json"

// Identity is what a campaign is. Two with the same differ in nothing that they find.
type Identity struct {
	Target  string     `json:"target"`
	Bug     string     `json:"bug,omitempty"`
	Plan    string     `json:"plan"`  // around which plans are drawn: YAML
	Drawn   plan.Space `json:"drawn"` // from which the rest comes
	First   uint64     `json:"first"`
	Version string     `json:"version"` // of the tool
}

// progressFile is campaign.json.
type progressFile struct {
	Identity
	Shard harness.Shard     `json:"shard"`
	Tally harness.Tally     `json:"tally"`
	Spent time.Duration     `json:"spent"` // on the wall
	Runs  map[string]string `json:"runs"`  // the command that repeats a finding, by its sign
	// Unfinished says that the campaign was stopped before the end that its flags asked for.
	Unfinished bool `json:"unfinished,omitempty"`

	dir   *store.Dir
	swarm Swarm
}

// open finds the campaign that the flags mean, or begins it.
func (c *Campaign) open() (*progressFile, error) {
	shard, err := parseShard(c.Shard)
	if err != nil {
		return nil, err
	}
	base := c.Plan
	name := base.Name
	base.Name = ""
	s, err := NewSwarm(base, c.Pinned)
	if err != nil {
		return nil, err
	}
	is := Identity{
		Target:  base.Target,
		Bug:     base.Bug,
		Plan:    base.String(),
		Drawn:   s.Space,
		First:   base.Seed,
		Version: build.Version(),
	}
	if name == "" {
		name = "campaign-" + strings.ReplaceAll(strings.TrimPrefix(base.Bug, base.Target+"/"), "/", "-")
		name = strings.TrimSuffix(name, "-") + "-" + base.Target + "-" + is.hash()
	}
	if shard.Of > 1 {
		name = fmt.Sprintf("%s-%dof%d", name, shard.Index, shard.Of)
	}
	s.Base.Name = name
	dir := &store.Dir{Path: filepath.Join(c.Store, name)}
	file := &progressFile{Identity: is, Shard: shard, dir: dir, swarm: s}
	if _, err := s.Draw(is.First); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir.Path, 0o755); err != nil {
		return nil, failure.Internal(err)
	}
	var old progressFile
	switch err := readJSON(dir.File(fileName), &old); {
	case errors.Is(err, fs.ErrNotExist):
		return file, nil
	case err != nil:
		return nil, failure.Usage(err)
	case old.hash() != is.hash() || old.Shard != shard:
		return nil, failure.Usage(
			fmt.Errorf("%s is another campaign's", dir.Path),
			"--name gives this one a directory of its own",
		)
	}
	file.Tally, file.Spent, file.Runs = old.Tally, old.Spent, old.Runs
	return file, nil
}

func (is Identity) hash() string {
	text, err := json.Marshal(is)
	if err != nil {
		panic(err) // strings and numbers
	}
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%x", sum[:3])
}

func (f *progressFile) save() error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return f.dir.Write(fileName, append(text, '\n'))
}

func (f *progressFile) summary() Summary {
	return Summary{f.Identity, []harness.Shard{f.Shard}, f.Tally, f.Unfinished, f.Spent, f.Runs, 0}
}

// Summary is what campaign and campaign merge print. As JSON it says nothing that depends
// on time, place or the number of jobs.
type Summary struct {
	Identity
	Shards []harness.Shard `json:"shards"`
	Tally  harness.Tally   `json:"tally"`
	// Unfinished says that it, or one of the shards, was stopped before its end.
	Unfinished bool `json:"unfinished,omitempty"`

	spent time.Duration     // of all shards together
	runs  map[string]string // as in progressFile
	of    int               // how many seeds were asked for, 0 if that is not known
}

// heading is the verdict. A campaign that was stopped is not valid: it says how far it came.
func (s Summary) heading() string {
	t := s.Tally
	switch {
	case len(t.Findings) > 0:
		return "INVALID"
	case s.Unfinished && s.of > 0:
		return fmt.Sprintf(
			"STOPPED after %d of %d seeds, none of them invalid:",
			t.Places(),
			s.Shards[0].Size(s.of),
		)
	case s.Unfinished:
		return fmt.Sprintf("STOPPED after %d seeds, none of them invalid:", t.Places())
	case t.Valid == 0:
		return "UNKNOWN"
	}
	return "VALID"
}

// Print writes it for a terminal, or as JSON.
func (s Summary) Print(out io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	}
	t := s.Tally
	what := s.Target
	if s.Bug != "" {
		what += " with the planted bug " + s.Bug
	}
	looks := ""
	if t.Looks > 0 {
		looks = fmt.Sprintf(" and %d more looks at leads", t.Looks)
	}
	fmt.Fprintf(
		out,
		"%s  campaign of %s   %d seeds from %d%s, %d calls, %.1f h simulated in %v (%.0f seeds/s)\n\n",
		s.heading(),
		what,
		t.Places(),
		s.First,
		looks,
		t.Calls,
		t.Simulated.Hours(),
		s.spent.Round(time.Second),
		float64(t.Seeds)/max(s.spent.Seconds(), 0.001),
	)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(
		w,
		"  valid\t%d\n  invalid\t%d\n  unknown\t%d\t%s\n",
		t.Valid,
		t.Invalid,
		t.Seeds-t.Valid-t.Invalid,
		causes(t.Unknown),
	)
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range t.Findings {
		fmt.Fprintf(
			out,
			"\n  %s, in %d of %d seeds, first in %d\n    %s\n",
			f.Sign,
			f.Seeds,
			t.Seeds,
			f.First,
			f.Summary,
		)
		if command := s.runs[f.Sign.String()]; command != "" {
			fmt.Fprintf(
				out,
				"    repeat  %s\n    shrink  %s\n",
				command,
				strings.Replace(command, "replay", "shrink", 1),
			)
		}
	}
	return nil
}

// causes are the reasons of unknown seeds, in words.
func causes(unknown map[checker.Cause]int) string {
	var some []string
	for cause, n := range unknown {
		some = append(some, fmt.Sprintf("%s %d", cause, n))
	}
	slices.Sort(some)
	return strings.Join(some, ", ")
}

// Verdict is that of a campaign that came to its end.
func (s Summary) Verdict() checker.Verdict {
	switch {
	case len(s.Tally.Findings) > 0:
		return checker.Invalid
	case s.Tally.Valid == 0 || s.Unfinished:
		return checker.Unknown
	}
	return checker.Valid
}

// Merge adds up the campaigns in the given directories, which are shards of one.
func Merge(dirs []string) (Summary, error) {
	var sum Summary
	for i, dir := range dirs {
		var f progressFile
		if err := readJSON(filepath.Join(dir, fileName), &f); err != nil {
			return sum, failure.Usage(fmt.Errorf("merge: %w", failure.File(filepath.Join(dir, fileName), err)),
				"merge wants the directories of a campaign's shards")
		}
		if i == 0 {
			sum.Identity, sum.runs = f.Identity, map[string]string{}
		}
		overlap := slices.ContainsFunc(
			sum.Shards,
			func(s harness.Shard) bool { return s.Of != f.Shard.Of || s.Index == f.Shard.Index },
		)
		if f.hash() != sum.hash() || overlap {
			return sum, failure.Usage(
				fmt.Errorf("merge: %s is not another shard of the campaign in %s", dir, dirs[0]),
			)
		}
		sum.Shards = append(sum.Shards, f.Shard)
		sum.Unfinished = sum.Unfinished || f.Unfinished
		before := slices.Clone(sum.Tally.Findings)
		if err := sum.Tally.Merge(f.Tally); err != nil {
			return sum, failure.Usage(fmt.Errorf("merge: %s: %w", dir, err))
		}
		for _, g := range sum.Tally.Findings {
			if command := f.Runs[g.Sign.String()]; command != "" && !slices.Contains(before, g) &&
				firstIn(f.Tally, g) {
				sum.runs[g.Sign.String()] = command
			}
		}
		sum.spent += f.Spent
	}
	slices.SortFunc(sum.Shards, func(a, b harness.Shard) int { return a.Index - b.Index })
	return sum, nil
}

// firstIn says that the first seed of a finding is one of t's.
func firstIn(t harness.Tally, g harness.Finding) bool {
	return slices.ContainsFunc(
		t.Findings,
		func(f harness.Finding) bool { return f.Sign == g.Sign && f.First == g.First },
	)
}
