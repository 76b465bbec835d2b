package histories_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/histories"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// Every format in which others write histories is that of at least two files.
func TestEveryFormatIsShownTwice(t *testing.T) {
	count := map[string]int{}
	for _, file := range all(t) {
		for ending := range file.Forms {
			count[ending]++
		}
	}
	for _, file := range transactions(t) {
		for ending := range file.Forms {
			count[ending]++
		}
	}
	for _, ending := range []string{"edn", "json", "log", "txt", "csv", "intervals"} {
		if count[ending] < 2 {
			t.Errorf("%d files end in %s", count[ending], ending)
		}
	}
}

func all(t *testing.T) []histories.File {
	t.Helper()
	files, err := histories.All()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// forms reads a history in each format in which the corpus has it. The format is recognised.
func forms(t *testing.T, file histories.File) map[string]*history.History {
	t.Helper()
	h, err := history.Read(bytes.NewReader(file.Data))
	if err != nil {
		t.Fatalf("%s: %v", file.Name, err)
	}
	all := map[string]*history.History{file.Name + ".jsonl": h}
	for ending, text := range file.Forms {
		if h, err = history.Decode(bytes.NewReader(text), history.Auto); err != nil {
			t.Fatalf("%s.%s: %v", file.Name, ending, err)
		}
		all[file.Name+"."+ending] = history.SplitTuples(h)
	}
	return all
}

// Every engine gives every recorded verdict, and evidence for what is invalid that names calls of
// the history.
func TestVerdicts(t *testing.T) {
	for _, file := range all(t) {
		for form, h := range forms(t, file) {
			for name, want := range file.Expect {
				if !slices.Contains(model.Names(), name) {
					t.Errorf("%s: no model %q", form, name)
					continue
				}
				for _, engine := range []linear.Engine{linear.Auto, linear.Search, linear.Porcupine} {
					c, err := linear.New(name, linear.Options{Engine: engine})
					if err != nil {
						t.Fatal(err)
					}
					conforms(t, form+" as "+name+" by "+string(engine), c, h, want)
				}
			}
		}
	}
}

// The weaker levels have the recorded verdicts, for every model of the history that has the level.
func TestLevels(t *testing.T) {
	for _, file := range all(t) {
		for form, h := range forms(t, file) {
			for name := range file.Expect {
				for level, want := range file.Levels {
					if !slices.Contains(weak.Levels(name), level) {
						continue
					}
					c, err := weak.New(level, name)
					if err != nil {
						t.Fatal(err)
					}
					conforms(t, form+" as "+name+", "+level, c, h, want)
				}
			}
		}
	}
}

// conforms demands a verdict, and evidence where it is invalid.
func conforms(t *testing.T, what string, c checker.Checker, h *history.History, want string) {
	t.Helper()
	got := c.Check(context.Background(), h)
	if got.Verdict.String() != want {
		t.Errorf("%s: %v (%s), want %s", what, got.Verdict, got.Reason, want)
	}
	if got.Verdict == checker.Invalid {
		explained(t, what, h, got)
	}
}

func explained(t *testing.T, name string, h *history.History, r checker.Result) {
	t.Helper()
	if len(r.Evidence) == 0 || len(r.Evidence[0].Ops) == 0 || len(r.Evidence[0].Why) == 0 {
		t.Errorf("%s: invalid without evidence", name)
		return
	}
	for _, op := range r.Evidence[0].Ops {
		if op < 0 || op >= len(h.Ops) || h.Ops[op].Kind != history.Invoke {
			t.Errorf("%s: evidence names #%d, which is no invocation", name, op)
		}
	}
}

// The corpus shows something valid and something invalid of every model and every level, and says
// why.
func TestCorpusIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, file := range all(t) {
		if file.Comment == "" || file.Source == "" || len(file.Expect) == 0 {
			t.Errorf("%s: the header lacks expect, comment or source", file.Name)
		}
		for name, verdict := range file.Expect {
			if verdict != "valid" && verdict != "invalid" {
				t.Errorf("%s: expects %q of %s", file.Name, verdict, name)
			}
			seen[name+" "+verdict] = true
		}
		for level, verdict := range file.Levels {
			if verdict != "valid" && verdict != "invalid" || !slices.Contains(weak.All(), level) {
				t.Errorf("%s: expects %q of level %q", file.Name, verdict, level)
			}
			seen[level+" "+verdict] = true
		}
		if strings.ToLower(file.Name) != file.Name || strings.ContainsAny(file.Name, " _") {
			t.Errorf("%s: names are lower case with dashes", file.Name)
		}
	}
	for _, name := range append(model.Names(), weak.All()...) {
		for _, verdict := range []string{"valid", "invalid"} {
			if !seen[name+" "+verdict] {
				t.Errorf("no %s history of %s", verdict, name)
			}
		}
	}
}
