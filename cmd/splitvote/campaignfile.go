package main

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

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/internal/build"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/store"
)

// campaignName is the file in a campaign's directory that says how far it is.
const campaignName = "campaign.json"

// campaignIs is what a campaign is. Two with the same differ in nothing that they find.
type campaignIs struct {
	Target  string     `json:"target"`
	Bug     string     `json:"bug,omitempty"`
	Plan    string     `json:"plan"`  // around which plans are drawn: YAML
	Drawn   plan.Space `json:"drawn"` // from which the rest comes
	First   uint64     `json:"first"`
	Version string     `json:"version"` // of the tool
}

// campaignFile is campaign.json.
type campaignFile struct {
	campaignIs
	Shard harness.Shard     `json:"shard"`
	Tally harness.Tally     `json:"tally"`
	Spent time.Duration     `json:"spent"` // on the wall
	Runs  map[string]string `json:"runs"`  // the command that repeats a finding, by its sign
	// Unfinished says that the campaign was stopped before the end that its flags asked for.
	Unfinished bool `json:"unfinished,omitempty"`

	dir   *store.Dir
	swarm swarm
}

// open finds the campaign that the flags mean, or begins it.
func (c *campaigner) open(base plan.Plan, given *pflag.FlagSet) (*campaignFile, error) {
	shard, err := parseShard(c.shard)
	if err != nil {
		return nil, err
	}
	name := base.Name
	base.Name, base.Seed = "", c.flags.Seed
	s, err := newSwarm(base, given.Changed)
	if err != nil {
		return nil, err
	}
	is := campaignIs{Target: base.Target, Bug: base.Bug, Plan: base.String(), Drawn: s.Space, First: base.Seed,
		Version: build.Version()}
	if name == "" {
		name = "campaign-" + strings.ReplaceAll(strings.TrimPrefix(base.Bug, base.Target+"/"), "/", "-")
		name = strings.TrimSuffix(name, "-") + "-" + base.Target + "-" + is.hash()
	}
	if shard.Of > 1 {
		name = fmt.Sprintf("%s-%dof%d", name, shard.Index, shard.Of)
	}
	s.Base.Name = name
	dir := &store.Dir{Path: filepath.Join(c.store, name)}
	file := &campaignFile{campaignIs: is, Shard: shard, dir: dir, swarm: s}
	if _, err := s.draw(is.First); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir.Path, 0o755); err != nil {
		return nil, failed(err)
	}
	var old campaignFile
	switch err := readJSON(dir.File(campaignName), &old); {
	case errors.Is(err, fs.ErrNotExist):
		return file, nil
	case err != nil:
		return nil, usage(err)
	case old.hash() != is.hash() || old.Shard != shard:
		return nil, usage(fmt.Errorf("%s is another campaign's", dir.Path),
			"--name gives this one a directory of its own")
	}
	file.Tally, file.Spent, file.Runs = old.Tally, old.Spent, old.Runs
	return file, nil
}

func (is campaignIs) hash() string {
	text, err := json.Marshal(is)
	if err != nil {
		panic(err) // strings and numbers
	}
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%x", sum[:3])
}

func (f *campaignFile) save() error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return f.dir.Write(campaignName, append(text, '\n'))
}

func (f *campaignFile) summary() campaignSummary {
	return campaignSummary{f.campaignIs, []harness.Shard{f.Shard}, f.Tally, f.Unfinished, f.Spent, f.Runs, 0}
}

// campaignSummary is what campaign and campaign merge print. As JSON it says nothing that depends
// on time, place or the number of jobs.
type campaignSummary struct {
	campaignIs
	Shards []harness.Shard `json:"shards"`
	Tally  harness.Tally   `json:"tally"`
	// Unfinished says that it, or one of the shards, was stopped before its end.
	Unfinished bool `json:"unfinished,omitempty"`

	spent time.Duration     // of all shards together
	runs  map[string]string // as in campaignFile
	of    int               // how many seeds were asked for, 0 if that is not known
}

// heading is the verdict. A campaign that was stopped is not valid: it says how far it came.
func (s campaignSummary) heading() string {
	t := s.Tally
	switch {
	case len(t.Findings) > 0:
		return "INVALID"
	case s.Unfinished && s.of > 0:
		return fmt.Sprintf("STOPPED after %d of %d seeds, none of them invalid:", t.Places(), s.Shards[0].Size(s.of))
	case s.Unfinished:
		return fmt.Sprintf("STOPPED after %d seeds, none of them invalid:", t.Places())
	case t.Valid == 0:
		return "UNKNOWN"
	}
	return "VALID"
}

func (s campaignSummary) print(out io.Writer, asJSON bool) error {
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
	fmt.Fprintf(out, "%s  campaign of %s   %d seeds from %d%s, %d calls, %.1f h simulated in %v (%.0f seeds/s)\n\n",
		s.heading(), what, t.Places(), s.First, looks, t.Calls, t.Simulated.Hours(), s.spent.Round(time.Second),
		float64(t.Seeds)/max(s.spent.Seconds(), 0.001))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  valid\t%d\n  invalid\t%d\n  unknown\t%d\t%s\n", t.Valid, t.Invalid, t.Seeds-t.Valid-t.Invalid,
		causes(t.Unknown))
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range t.Findings {
		fmt.Fprintf(out, "\n  %s, in %d of %d seeds, first in %d\n    %s\n", f.Sign, f.Seeds, t.Seeds, f.First,
			f.Summary)
		if command := s.runs[f.Sign.String()]; command != "" {
			fmt.Fprintf(out, "    repeat  %s\n    shrink  %s\n", command,
				strings.Replace(command, "replay", "shrink", 1))
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

// exit is how a campaign that came to its end ends.
func (s campaignSummary) exit() error {
	switch {
	case len(s.Tally.Findings) > 0:
		return verdictExit(checker.Invalid)
	case s.Tally.Valid == 0 || s.Unfinished:
		return verdictExit(checker.Unknown)
	}
	return nil
}

func mergeCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "merge DIR...",
		Short: "add up the shards of a campaign",
		Args:  atLeastOne("the directories of a campaign's shards"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			sum, err := merge(dirs)
			if err != nil {
				return err
			}
			if err := sum.print(cmd.OutOrStdout(), asJSON); err != nil {
				return failed(err)
			}
			return sum.exit()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

// merge adds up the campaigns in the given directories, which are shards of one.
func merge(dirs []string) (campaignSummary, error) {
	var sum campaignSummary
	for i, dir := range dirs {
		var f campaignFile
		if err := readJSON(filepath.Join(dir, campaignName), &f); err != nil {
			return sum, usage(fmt.Errorf("merge: %w", failure.File(filepath.Join(dir, campaignName), err)),
				"merge wants the directories of a campaign's shards")
		}
		if i == 0 {
			sum.campaignIs, sum.runs = f.campaignIs, map[string]string{}
		}
		overlap := slices.ContainsFunc(sum.Shards, func(s harness.Shard) bool {
			return s.Of != f.Shard.Of || s.Index == f.Shard.Index
		})
		if f.hash() != sum.hash() || overlap {
			return sum, usage(fmt.Errorf("merge: %s is not another shard of the campaign in %s", dir, dirs[0]))
		}
		sum.Shards = append(sum.Shards, f.Shard)
		sum.Unfinished = sum.Unfinished || f.Unfinished
		before := slices.Clone(sum.Tally.Findings)
		if err := sum.Tally.Merge(f.Tally); err != nil {
			return sum, usage(fmt.Errorf("merge: %s: %w", dir, err))
		}
		for _, g := range sum.Tally.Findings {
			if command := f.Runs[g.Sign.String()]; command != "" && !slices.Contains(before, g) && firstIn(f.Tally, g) {
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
	return slices.ContainsFunc(t.Findings, func(f harness.Finding) bool {
		return f.Sign == g.Sign && f.First == g.First
	})
}
