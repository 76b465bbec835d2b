package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/histories"
	"github.com/splitvote/splitvote/history"
)

// recorded is a verdict of the corpus.
type recorded struct{ file, model, level, verdict string }

// recordedVerdicts lists every verdict of the corpus, as README.md of histories says that splitvote check gives it.
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
			all = append(all, recorded{file.Name + ".jsonl", model, level, verdict})
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
		for level, verdict := range file.Expect {
			all = append(all, recorded{"txn/" + file.Name + ".jsonl", file.Model, level, verdict})
		}
	}
	return all
}

// splitvote check gives every recorded verdict of the corpus, of JSON lines and of what convert makes of them in EDN.
func TestCheckGivesEveryRecordedVerdict(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of verdicts")
	}
	t.Parallel()
	statuses := map[string]int{"valid": exitValid, "invalid": exitInvalid, "unknown": exitUnknown}
	in, to := absolute("../../histories"), t.TempDir()
	command := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := run(context.Background(), args, strings.NewReader(""), &out, &errs)
		return code, out.String() + errs.String()
	}
	converted := map[string]string{}
	for i, r := range recordedVerdicts(t) {
		file := filepath.Join(in, r.file)
		if converted[file] == "" {
			converted[file] = filepath.Join(to, fmt.Sprint(i, ".edn"))
			if code, said := command("convert", file, converted[file]); code != exitValid {
				t.Fatalf("convert %s: exit status %d: %s", r.file, code, said)
			}
		}
		for _, form := range []string{file, converted[file]} {
			args := []string{"check", form, "--model", r.model}
			if r.level != "" {
				args = append(args, "--consistency", r.level)
			}
			if code, said := command(args...); code != statuses[r.verdict] {
				t.Errorf("%s: splitvote %s: exit status %d, want %s\n%s", r.file, strings.Join(args, " "), code, r.verdict, said)
			}
		}
	}
}
