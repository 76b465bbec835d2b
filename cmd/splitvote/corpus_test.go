package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/histories"
	"github.com/splitvote/splitvote/history"
)

// recorded is a verdict of the corpus.
type recorded struct {
	file, model, level, verdict string
	forms                       map[string][]byte // other formats in which the corpus has it
}

// recordedVerdicts lists every verdict of the corpus, as README.md of histories says that splitvote
// check gives it.
func recordedVerdicts(t *testing.T) []recorded {
	t.Helper()
	var all []recorded
	files, err := histories.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		h, err := history.Read(bytes.NewReader(file.Data))
		if err != nil {
			t.Fatal(err)
		}
		add := func(model, level, verdict string) {
			succeeded := func(op history.Op) bool { return op.Process != history.Nemesis && op.Kind == history.Ok }
			if verdict == "valid" && !slices.ContainsFunc(h.Ops, succeeded) {
				verdict = "unknown" // too little to judge by
			}
			all = append(all, recorded{file.Name + ".jsonl", model, level, verdict, file.Forms})
		}
		for model, verdict := range file.Expect {
			add(model, "", verdict)
			for level, verdict := range file.Levels {
				if slices.Contains(weak.Levels(model), level) {
					add(model, level, verdict)
				}
			}
		}
	}
	transactions, err := histories.AllTransactions()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range transactions {
		for level := range file.Expect {
			all = append(all, recorded{"txn/" + file.Name + ".jsonl", file.Model, level, file.Verdict(level),
				file.Forms})
		}
	}
	return all
}

// splitvote check gives every recorded verdict of the corpus, of JSON lines, of what convert makes
// of them in EDN, and of other formats.
func TestCheckGivesEveryRecordedVerdict(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of verdicts")
	}
	t.Parallel()
	in, to := absolute("../../histories"), t.TempDir()
	converted := map[string]string{}
	for i, r := range recordedVerdicts(t) {
		file := filepath.Join(in, r.file)
		if converted[file] == "" {
			converted[file] = filepath.Join(to, fmt.Sprint(i, ".edn"))
			if verdict, said := alone(convertCommand(), file, converted[file]); verdict != "valid" {
				t.Fatalf("convert %s: %s: %s", r.file, verdict, said)
			}
		}
		forms := []string{file, converted[file]}
		for ending := range r.forms {
			forms = append(forms, strings.TrimSuffix(file, "jsonl")+ending)
		}
		for _, form := range forms {
			args := []string{form, "--model", r.model}
			if r.level != "" {
				args = append(args, "--consistency", r.level)
			}
			want := r.verdict
			if form != converted[file] && want == "valid" && needsOrder(r.level) &&
				completionsOnly(r.forms[strings.TrimPrefix(filepath.Ext(form), ".")]) {
				want = "unknown"
			}
			if verdict, said := alone(checkCommand(), args...); verdict != want {
				t.Errorf("%s: splitvote check %s: %s, want %s\n%s", r.file, strings.Join(args, " "), verdict,
					want, said)
			}
		}
	}
}

func needsOrder(level string) bool {
	return slices.Contains(txn.Implies(level), "strong-session-read-uncommitted")
}

// completionsOnly says whether a history tells neither sessions nor times.
func completionsOnly(text []byte) bool {
	h, err := history.Decode(bytes.NewReader(text), history.Auto)
	return err == nil && h.Unordered
}

// alone runs one command without building all the others, thousands of times: the verdict that it
// ends with, or its error, and what it printed.
func alone(cmd *cobra.Command, args ...string) (verdict, said string) {
	var out bytes.Buffer
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.ExecuteContext(context.Background()); err != nil {
		return err.Error(), out.String()
	}
	return "valid", out.String()
}
