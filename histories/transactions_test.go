package histories_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/histories"
	"github.com/splitvote/splitvote/history"
)

func transactions(t *testing.T) []histories.Transactions {
	t.Helper()
	files, err := histories.AllTransactions()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Each history of transactions has exactly the anomalies that its header names, and the verdict
// that it records for every level, in each format.
func TestTransactionsHaveTheirAnomalies(t *testing.T) {
	for _, file := range transactions(t) {
		t.Run(file.Name, func(t *testing.T) {
			h, err := history.Read(bytes.NewReader(file.Data))
			if err != nil {
				t.Fatal(err)
			}
			judge(t, file, h)
			for ending, text := range file.Forms {
				if h, err = history.Decode(bytes.NewReader(text), history.Auto); err != nil {
					t.Fatalf("%s: %v", ending, err)
				}
				judge(t, file, h)
			}
		})
	}
}

func judge(t *testing.T, file histories.Transactions, h *history.History) {
	t.Helper()
	for _, level := range txn.Levels() {
		c, err := txn.New(file.Model, level)
		if err != nil {
			t.Fatal(err)
		}
		r := c.Check(context.Background(), h)
		if diff := cmp.Diff(file.Anomalies, append([]string{}, txn.Anomalies(r)...)); diff != "" {
			t.Fatalf("anomalies (-want +got):\n%s", diff)
		}
		want := file.Verdict(level)
		if h.Unordered && want == "valid" && slices.Contains(txn.Implies(level), "strong-session-read-uncommitted") {
			want = "unknown" // completions tell neither sessions nor times
		}
		if got := r.Verdict.String(); got != want {
			t.Errorf("%s: %s (%s), want %s", level, got, r.Reason, want)
		}
		if r.Verdict == checker.Invalid {
			explained(t, file.Name+" "+level, h, r)
		}
	}
}

// Every anomaly has a history that has it and nothing else, and every history says what it shows.
func TestTransactionsAreComplete(t *testing.T) {
	var alone []string
	for _, file := range transactions(t) {
		if file.Comment == "" || file.Source == "" || len(file.Expect) != len(txn.Levels()) {
			t.Errorf("%s: the header lacks comment, source or the verdict on a level", file.Name)
		}
		if len(file.Anomalies) == 1 {
			alone = append(alone, file.Anomalies[0])
		}
	}
	for _, name := range txn.AllAnomalies() {
		if !slices.Contains(alone, name) {
			t.Errorf("no history has %s and nothing else", name)
		}
	}
}
