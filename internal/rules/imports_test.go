package rules_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/splitvote/splitvote/"

// mayImport says which packages of ours each package may import, tests aside. ARCHITECTURE.md shows
// the same table. A name ending in /* stands for every package below.
var mayImport = map[string][]string{
	"cluster/inprocess":         {"history", "cluster", "cluster/live", "cluster/inprocess/network"},
	"cluster/inprocess/network": {"history", "cluster"},
	"splitvotetest": {"history", "controls", "checker", "checker/levels", "cluster", "cluster/inprocess",
		"cluster/local",
		"targets/service", "harness", "nemesis", "plan", "report", "store", "workloads"},

	"protocol":                {},
	"protocol/wire":           {"protocol"},
	"protocol/fifo":           {},
	"protocol/kv":             {"protocol"},
	"protocol/raft":           {"protocol", "protocol/fifo", "protocol/wire"},
	"protocol/multipaxos":     {"protocol", "protocol/fifo", "protocol/wire"},
	"protocol/zab":            {"protocol", "protocol/fifo", "protocol/wire"},
	"protocol/twopc":          {"protocol", "protocol/wire"},
	"protocol/abd":            {"protocol", "protocol/wire", "protocol/kv"},
	"protocol/gossip":         {"protocol", "protocol/wire", "protocol/kv"},
	"protocol/paxos":          {"protocol", "protocol/wire", "protocol/kv"},
	"protocol/transcript":     {"protocol"},
	"node":                    {"protocol", "protocol/kv", "node/*"},
	"node/frame":              {"protocol"},
	"node/wal":                {"protocol", "node/frame"},
	"history":                 {"internal/edn"},
	"histories":               {},
	"generator":               {"history"},
	"controls":                {"history"},
	"generator/gentest":       {"history", "generator"},
	"model":                   {"history"},
	"checker":                 {"history"},
	"checker/faulttest":       {},
	"internal/browsertest":    {},
	"checker/linear":          {"history", "model", "checker", "checker/weak"},
	"checker/weak":            {"history", "model", "checker"},
	"checker/txn":             {"history", "model", "checker"},
	"cluster":                 {"history", "protocol"},
	"nemesis":                 {"history", "generator", "cluster"},
	"cluster/live":            {"history", "cluster"},
	"cluster/sim":             {"history", "protocol", "cluster"},
	"cluster/local":           {"history", "cluster", "cluster/live", "cluster/local/proxy"},
	"cluster/local/proxy":     {"history", "cluster", "node/frame"},
	"cluster/docker":          {"history", "cluster", "cluster/live", "cluster/docker/netfault"},
	"cluster/docker/netfault": {},
	"cluster/clustertest":     {"history", "cluster"},
	"targets/bundled":         {"history", "protocol", "protocol/*", "cluster", "targets/once"},
	"targets/bundled/bundledtest": {"checker", "cluster/sim", "harness", "plan", "protocol", "protocol/kv",
		"protocol/transcript", "targets/bundled", "workloads"},
	"targets/service":  {"history", "cluster", "plan", "targets/once"},
	"targets/once":     {},
	"workloads":        {"history", "generator", "model", "checker", "checker/*"},
	"plan":             {},
	"report":           {"history", "checker", "plan"},
	"store":            {"history", "report", "checker"},
	"internal/rules":   {},
	"internal/edn":     {},
	"internal/failure": {"checker"},
	"internal/build":   {},
	"checker/levels":   {"history", "model", "checker", "checker/*"},
	"harness": {"history", "generator", "checker", "checker/*", "controls", "cluster", "cluster/sim", "nemesis",
		"workloads", "plan"},
	"experiment": {"internal/progress", "history", "controls", "checker", "checker/*", "cluster", "cluster/*",
		"nemesis", "workloads", "plan", "protocol", "harness", "targets/*",
		"report", "store", "internal/judge", "internal/failure", "internal/build"},
	"internal/progress": {"history", "cluster", "harness"},
	"internal/judge": {"history", "checker", "checker/*", "model", "workloads", "plan", "report",
		"internal/failure", "internal/build"},
	"experiment/campaign": {"checker", "harness", "nemesis", "plan", "experiment", "store",
		"targets/bundled", "internal/failure", "internal/build", "internal/progress"},
	"experiment/bugs": {"checker", "cluster/sim", "harness", "history", "plan", "protocol",
		"experiment/campaign", "targets/bundled", "internal/failure", "internal/build",
		"internal/progress"},
	"internal/agent": {"store", "internal/failure", "internal/build"},
	"internal/catalogue": {"checker/levels", "controls", "experiment", "harness", "nemesis", "targets/bundled",
		"workloads"},
	"splitvote": {"checker", "cluster", "experiment", "history", "plan", "report",
		"internal/failure", "internal/judge"},
	"cmd/splitvote": {"*"},
}

// onlyIn lists packages from outside the repository, each with the packages that may import it.
var onlyIn = map[string][]string{
	"github.com/anishathalye/porcupine":           {"checker/linear"},
	"github.com/testcontainers/testcontainers-go": {"cluster/docker"},
	"github.com/moby/moby":                        {"cluster/docker"},
	"github.com/docker/docker":                    {"cluster/docker"},
	"github.com/spf13/cobra":                      {"cmd/splitvote"},
	"gopkg.in/yaml.v3":                            {"plan", "targets/service"},
	"github.com/modelcontextprotocol/go-sdk":      {"internal/agent"},
	"github.com/klauspost/compress":               {"history"},
}

// A core is a function: it may know no time, network, disk, goroutine or randomness.
var impure = []string{"time", "net", "net/http", "os", "os/exec", "sync", "sync/atomic", "context", "log", "log/slog",
	"math/rand", "math/rand/v2", "crypto/rand"}

type pkg struct {
	ImportPath, Doc string
	Imports         []string
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if name+"/" == module {
			name = "splitvote"
		}
		allowed, listed := lookup(name)
		if !listed {
			t.Errorf("%s is not in the table mayImport: add it there and to ARCHITECTURE.md, with what it may import",
				name)
			continue
		}
		for _, path := range p.Imports {
			ours, isOurs := strings.CutPrefix(path, module)
			if isOurs && !slices.ContainsFunc(allowed, func(a string) bool { return matches(a, ours) }) {
				t.Errorf("%s imports %s: it may import only %v; move what it needs, or think again about the table",
					name, ours, allowed)
			}
			if (name == "protocol" || strings.HasPrefix(name, "protocol/")) && slices.Contains(impure, path) {
				t.Errorf("%s imports %s: a core is pure; make it an input (protocol.Tick has a clock and a draw)",
					name, path)
			}
			for outside, homes := range onlyIn {
				if (path == outside || strings.HasPrefix(path, outside+"/")) && !slices.Contains(homes, name) {
					t.Errorf("%s imports %s: only %s may", name, path, strings.Join(homes, " and "))
				}
			}
		}
	}
}

// What a user's own tests link who judge with checker/linear: no container, no command line and no
// module but those that read histories and the reference engine.
func TestJudgingLinksLittle(t *testing.T) {
	const modules = "{{with .Module}}{{.Path}}{{end}}"
	out, err := exec.Command("go", "list", "-deps", "-f", modules, module+"checker/linear").Output()
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{strings.TrimSuffix(module, "/"), "github.com/anishathalye/porcupine",
		"github.com/klauspost/compress"}
	for _, path := range strings.Fields(string(out)) {
		if !slices.Contains(allowed, path) {
			t.Errorf("checker/linear links %s: a user's test would too", path)
		}
	}
}

// The table in ARCHITECTURE.md is this one, cell by cell, for people: a row names packages that may
// import the same.
func TestArchitectureShowsTheTable(t *testing.T) {
	page, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "## Who may import whom")
	section, _, _ := strings.Cut(rest, "\n## ")
	if !found {
		t.Fatal(`ARCHITECTURE.md has no section "Who may import whom"`)
	}
	shown := map[string][]string{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		may := quoted(cells[2])
		switch said := strings.TrimSpace(cells[2]); {
		case said == "everything":
			may = []string{"*"}
		case said != "nothing" && "`"+strings.Join(may, "`, `")+"`" != said:
			t.Errorf("ARCHITECTURE.md: %q is not a list of `packages`, nothing or everything", said)
		}
		for _, name := range quoted(cells[1]) {
			if _, twice := shown[name]; twice {
				t.Errorf("ARCHITECTURE.md has two rows for %s", name)
			}
			shown[name] = may
		}
	}
	for name, want := range mayImport {
		got, there := shown[name]
		if !there {
			t.Errorf("%s is not in the table of ARCHITECTURE.md: add it; it may import %v", name, want)
		} else if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("ARCHITECTURE.md says that %s may import %v, the rules say %v", name, got, want)
		}
	}
	for name := range shown {
		if _, there := mayImport[name]; !there {
			t.Errorf("ARCHITECTURE.md has a row for %s, which the rules do not know", name)
		}
	}
}

// quoted are the names between backquotes.
func quoted(cell string) []string {
	var names []string
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			names = append(names, part)
		}
	}
	return names
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.Doc) < 40 {
			t.Errorf("%s has no package comment worth the name (%q): write doc.go", p.ImportPath, p.Doc)
		}
	}
}

func lookup(name string) ([]string, bool) {
	if allowed, ok := mayImport[name]; ok {
		return allowed, true
	}
	for entry, allowed := range mayImport {
		if strings.HasSuffix(entry, "/*") && matches(entry, name) {
			return allowed, true
		}
	}
	return nil, false
}

func matches(pattern, name string) bool {
	if prefix, below := strings.CutSuffix(pattern, "*"); below {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list named only %d packages", len(all))
	}
	return all
}
