package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What follows a "$ " in a console block is carried out, and must print what stands below it.
// There, a line of "…" stands for any number of lines, and the time that a judgement took is not
// compared. An sh block that begins with "cat >" is carried out too: it makes a file for the
// commands after it. All commands of a page share a directory, with histories/ in it. With
// -rewrite, what is printed now replaces what was there.

// notRun are the console blocks that need more than this binary, by page and by what their first
// command begins with.
var notRun = map[string]string{
	"README.md: splitvote run --target docs/services": "needs Python, and real time",
	"docs/tutorial/4-test-your-own-service.md: splitvote check history.jsonl": "judges what a program in Python has " +
		"recorded",
	"docs/tutorial/6-transactions.md: curl": "asks a cluster in containers",
}

// TestDocumentedOutputs carries the console blocks out.
func TestDocumentedOutputs(t *testing.T) {
	all := pages(t)
	for key := range notRun {
		page, begin, _ := strings.Cut(key, ": ")
		if !slices.ContainsFunc(all[page], func(line string) bool { return strings.HasPrefix(line, "$ "+begin) }) {
			t.Errorf("notRun: there is no %s any more", key)
		}
	}
	for path, lines := range all {
		var blocks []fence
		for _, block := range fences(lines) {
			if block.first < block.last && (block.language == "console" ||
				block.language == "sh" && strings.HasPrefix(lines[block.first], "cat >")) {
				blocks = append(blocks, block)
			}
		}
		if !slices.ContainsFunc(blocks, func(b fence) bool { return b.language == "console" }) {
			continue
		}
		t.Run(strings.ReplaceAll(path, "/", "-"), func(t *testing.T) {
			t.Parallel()
			reader := newReader(t, lines)
			var page []string
			at := 0
			for _, block := range blocks {
				page = append(page, lines[at:block.first]...)
				page = append(page, reader.follow(path, block, lines[block.first:block.last])...)
				at = block.last
			}
			page = append(page, lines[at:]...)
			if diff := cmp.Diff(lines, page); diff != "" && !*rewrite {
				t.Errorf("%s says (-) what is not printed (+); go test ./cmd/splitvote -run TestDocumentedOutputs "+
					"-rewrite:\n%s", path, diff)
			} else if diff != "" {
				if err := os.WriteFile(filepath.Join("../..", path), []byte(strings.Join(page, "\n")),
					0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// reader types in what a page says.
type reader struct {
	*testing.T
	dir string
}

func newReader(t *testing.T, page []string) reader {
	t.Helper()
	r := reader{t, t.TempDir()}
	for name, to := range map[string]string{"histories": absolute("../../histories"), "splitvote": builtWith(t, page)} {
		if err := os.Symlink(to, filepath.Join(r.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// builtWith is the command: with the workload that the reader of the page writes, if there is one.
func builtWith(t *testing.T, page []string) string {
	t.Helper()
	var file, line string
	for _, block := range fences(page) {
		switch text := strings.Join(page[block.first:block.last], "\n"); {
		case block.language == "go" && strings.HasPrefix(text, "package workloads"):
			file = text
		case block.language == "go" && strings.HasSuffix(text, " "+ofTheReader+","):
			line = text
		}
	}
	if file == "" {
		return binary
	}
	table := absolute("../../workloads/workloads.go")
	before, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.TrimSuffix(line, " "+ofTheReader+",")
	after := strings.Replace(string(before), old+"\n", line+"\n", 1)
	if line == "" || after == string(before) {
		t.Fatalf("%s has no line %q, to which the page adds %s", table, old, ofTheReader)
	}
	to := filepath.Join(t.TempDir(), "splitvote")
	goCommand(t, map[string]string{table: after, absolute("../../workloads/" + ofTheReader + ".go"): file}, "build",
		"-o", to, ".")
	return to
}

// TestDocumentedTestCompiles holds the Go test of a tutorial against the packages that it uses.
func TestDocumentedTestCompiles(t *testing.T) {
	const path = "docs/tutorial/4-test-your-own-service.md"
	page := pages(t)[path]
	for _, block := range fences(page) {
		if text := strings.Join(page[block.first:block.last], "\n"); strings.HasPrefix(text, "package cache_test") {
			goCommand(t, map[string]string{absolute("../../docs/tutorial/cache_test.go"): text}, "vet",
				"../../docs/tutorial")
			return
		}
	}
	t.Fatalf("%s has no Go test", path)
}

// goCommand is the go command where files, by their paths, are as said, and not as on the disk.
func goCommand(t *testing.T, files map[string]string, verb string, args ...string) {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for path, text := range files {
		replace[path] = filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(replace[path], []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", append([]string{verb, "-overlay", list}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", verb, err, out)
	}
}

// follow gives a block with what its commands print now.
func (r reader) follow(path string, block fence, lines []string) []string {
	r.Helper()
	if block.language == "sh" {
		r.shell(strings.Join(lines, "\n"))
		return lines
	}
	for key := range notRun {
		if page, begin, _ := strings.Cut(key, ": "); page == path && strings.HasPrefix(lines[0], "$ "+begin) {
			return lines
		}
	}
	var now []string
	for len(lines) > 0 {
		command, ok := strings.CutPrefix(lines[0], "$ ")
		if !ok {
			r.Fatalf("%s:%d: a console block begins with %q, which is no command", path, block.first+1, lines[0])
		}
		now = append(now, lines[0])
		end := 1
		for end < len(lines) && !strings.HasPrefix(lines[end], "$ ") {
			end++
		}
		printed := strings.Split(strings.TrimRight(r.shell(command), "\n"), "\n")
		if printed[0] == "" {
			printed = nil
		}
		now = append(now, shortened(printed, lines[1:end])...)
		lines = lines[end:]
	}
	return now
}

// shell gives what a command writes to its standard output. What its exit status should be, the
// output tells.
func (r reader) shell(command string) string {
	r.Helper()
	sh := exec.Command("sh", "-c", command)
	sh.Dir = r.dir
	sh.Env = append(os.Environ(), "PATH="+r.dir+":"+os.Getenv("PATH"), "DOCKER_HOST=unix:///nonexistent/docker.sock")
	var errs strings.Builder
	sh.Stderr = &errs
	out, err := sh.Output()
	if len(out) == 0 && err != nil {
		r.Fatalf("%s: %v: %s", command, err, &errs)
	}
	return string(out)
}

// shortened leaves out of an output what the page leaves out with a line of dots. What stands
// behind one begins with the line with which it began on the page; where that is printed no more,
// all is shown.
func shortened(printed, page []string) []string {
	for i, line := range printed { // a judgement that took another time is no news
		same := func(old string) bool { return withoutTime(old) == withoutTime(line) }
		if at := slices.IndexFunc(page, same); at >= 0 {
			printed[i] = page[at]
		}
	}
	for i := range max(0, len(printed)-1) { // nor that its length broke the sentence elsewhere
		for at := range max(0, len(page)-1) {
			timed := sentence(printed[i : i+2])
			if took.MatchString(printed[i+1]) && timed == sentence(page[at:at+2]) {
				copy(printed[i:i+2], page[at:at+2])
			}
		}
	}
	var short []string
	rest := printed
	for {
		dots := slices.IndexFunc(page, func(line string) bool { return strings.TrimSpace(line) == "…" })
		if dots < 0 {
			return append(short, rest...) // shown to the end
		}
		if dots > len(rest) {
			return printed
		}
		short, rest, page = slices.Concat(short, rest[:dots], page[dots:dots+1]), rest[dots:], page[dots+1:]
		if len(page) == 0 {
			return short
		}
		at := slices.Index(rest, page[0])
		if at < 0 {
			return printed
		}
		rest = rest[at:]
	}
}

var (
	took  = regexp.MustCompile(` \([0-9.]+ (?:µs|ms|s)\)$`)
	began = regexp.MustCompile(`\b\d{8}T\d{6}\.\d{3}\b`) // the name of a run's directory
)

// sentence joins two lines, without how long a judgement took.
func sentence(lines []string) string {
	return withoutTime(strings.Join(strings.Fields(strings.Join(lines, " ")), " "))
}

// withoutTime leaves out of a line how long a judgement took, and when a run began.
func withoutTime(line string) string {
	return began.ReplaceAllString(took.ReplaceAllString(line, ""), "TIME")
}
