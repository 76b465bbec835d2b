package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/internal/failure"
)

// On the page of the words, each row of a table has a run that keeps to the word and one that
// breaks it.
func TestDocumentedWordsAreKeptAndBroken(t *testing.T) {
	rows := 0
	for _, line := range pages(t)["docs/words.md"] {
		cells := strings.Split(line, " | ")
		if len(cells) != 4 {
			continue
		}
		word := strings.TrimPrefix(cells[0], "| ")
		for cell, want := range map[string]int{cells[2]: failure.ExitValid, cells[3]: failure.ExitInvalid} {
			command := span.FindStringSubmatch(cell)
			if command == nil {
				continue
			}
			rows++
			t.Run(strings.ReplaceAll(word, " ", "-")+"-"+[]string{"kept", "broken"}[want], func(t *testing.T) {
				t.Parallel()
				args := append(strings.Fields(command[1])[1:], "--store", t.TempDir())
				var errs strings.Builder
				if code := run(context.Background(), args, strings.NewReader(""), io.Discard, &errs); code != want {
					t.Errorf("%s: exit status %d, want %d: %s", command[1], code, want, &errs)
				}
			})
		}
	}
	if rows < 20 {
		t.Fatalf("only %d runs on the page", rows)
	}
}
