package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/internal/judge"
)

// longHistory writes a history of n calls of twenty clients on one register to a file. In the
// middle one read is stale.
func longHistory(t *testing.T, n int) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "history.jsonl")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	now := 0
	event := func(process int, kind, f string, value any) {
		now += 1000
		fmt.Fprintf(out,
			"{\"index\":%d,\"time\":%d,\"process\":%d,\"type\":%q,\"f\":%q,\"value\":%v,\"node\":\"n%d\"}\n",
			now/1000-1, now, process, kind, f, value, 1+process%5)
	}
	for i := 1; 2*i <= n; i++ {
		writer, reader := i%20, (i+7)%20
		event(writer, "invoke", "write", i)
		event(reader, "invoke", "read", "null")
		event(writer, "ok", "write", i)
		read := i
		if i == n/4 {
			read = i - 2
		}
		event(reader, "ok", "read", read)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return name
}

// However long an invalid history, its report stays small and begins with few operations and the
// sentence that says why. SPLITVOTE_LONG sets the number of calls.
func TestReportOfALongHistory(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("SPLITVOTE_LONG"))
	if err != nil {
		n = 20_000
	}
	page := filepath.Join(t.TempDir(), "report.html")
	var text bytes.Buffer
	start := time.Now()
	c := check{Options: judge.Options{Model: "register", Format: "auto", Engine: "auto", Timeout: 5 * time.Minute,
		Settle: -1}, html: page}
	if err := c.run(t.Context(), longHistory(t, n), nil, newWork(&text)); !errors.Is(err,
		verdictExit(checker.Invalid)) {
		t.Fatalf("%v, want invalid:\n%s", err, text.String())
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d calls, %v: a page of %d bytes\n%s", n, time.Since(start), len(html), text.String())
	if len(html) > 1<<20 {
		t.Errorf("the page has %d bytes, want at most a megabyte", len(html))
	}
	if shown := regexp.MustCompile(`(?m)^    #\d+ +p\d+ `).FindAllString(text.String(), -1); len(shown) == 0 ||
		len(shown) > 10 {
		t.Errorf("%d operations are shown first, want at most ten:\n%s", len(shown), text.String())
	}
	why := regexp.MustCompile(`#\d+ began after #\d+ ended, so it must see \d+ or later`)
	if !why.MatchString(text.String()) || !why.Match(html) {
		t.Errorf("nothing says why:\n%s", text.String())
	}
	if strings.Count(string(html), "<tr") > 2000 {
		t.Errorf("the page has %d rows: it does not open at once", strings.Count(string(html), "<tr"))
	}
}
