package store

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/report"
)

// comparison is two runs side by side; A is the earlier one.
type comparison struct {
	A, B  Entry
	Parts []comparedPart
}

// comparedPart is one table of a comparison.
type comparedPart struct {
	Title string
	Rows  []comparedRow
}

type comparedRow struct {
	Name, A, B string
	Differs    bool
}

func (p *comparedPart) add(name, a, b string) {
	if a != "" || b != "" {
		p.Rows = append(p.Rows, comparedRow{name, a, b, a != b})
	}
}

// planLines bounds the lines read from a plan's file.
const planLines = 2000

func serveCompare(w http.ResponseWriter, r *http.Request, root string) {
	entries, err := List(root)
	if err != nil {
		http.Error(w, "the runs cannot be listed", http.StatusInternalServerError)
		return
	}
	asked := r.URL.Query()["run"]
	if len(asked) != 2 {
		http.Error(w, fmt.Sprintf("two runs are compared, and %d were named: choose them in the list of runs",
			len(asked)), http.StatusBadRequest)
		return
	}
	a, b := pick(entries, asked[0]), pick(entries, asked[1])
	for i, e := range []*Entry{a, b} {
		if e == nil {
			http.Error(w, "no such run: "+asked[i], http.StatusNotFound)
			return
		}
	}
	if b.Began.Before(a.Began) {
		a, b = b, a
	}
	draw(w, "compare", compare(root, *a, *b))
}

func compare(root string, a, b Entry) comparison {
	c := comparison{A: a, B: b}
	ra, rb := a.Results, b.Results
	if ra == nil {
		ra = &report.Results{Verdict: "incomplete"}
	}
	if rb == nil {
		rb = &report.Results{Verdict: "incomplete"}
	}
	verdict := comparedPart{Title: "Verdict"}
	verdict.add("verdict", ra.Verdict, rb.Verdict)
	verdict.add("reason", ra.Reason, rb.Reason)
	verdict.add("violations", fmt.Sprint(ra.Found), fmt.Sprint(rb.Found))
	verdict.add("what still holds", strings.Join(ra.Holds, ", "), strings.Join(rb.Holds, ", "))
	verdict.add("tool", ra.Version, rb.Version)

	calls := comparedPart{Title: "Calls"}
	calls.add("calls", fmt.Sprint(ra.Calls.Total()), fmt.Sprint(rb.Calls.Total()))
	calls.add("calls a second", rate(ra), rate(rb))
	calls.add("succeeded", succeeded(ra), succeeded(rb))
	calls.add("changes of leader", fmt.Sprint(ra.Leaders.Changes), fmt.Sprint(rb.Leaders.Changes))
	calls.add("faults", fmt.Sprint(len(ra.Windows)), fmt.Sprint(len(rb.Windows)))

	lat := comparedPart{Title: "Latency of successful calls"}
	for _, f := range names(ra, rb) {
		x, y := byF(ra, f), byF(rb, f)
		lat.add(f+" median", latency(x.P50), latency(y.P50))
		lat.add(f+" 99th percentile", latency(x.P99), latency(y.P99))
	}

	plan := comparedPart{Title: "Plan"}
	pa, pb := planOf(root, a), planOf(root, b)
	var keys []string
	for _, lines := range [][][2]string{pa, pb} {
		for _, kv := range lines {
			if !slices.Contains(keys, kv[0]) {
				keys = append(keys, kv[0])
			}
		}
	}
	for _, key := range keys {
		plan.add(key, valueOf(pa, key), valueOf(pb, key))
	}
	for _, part := range []comparedPart{verdict, calls, lat, plan} {
		if len(part.Rows) > 0 {
			c.Parts = append(c.Parts, part)
		}
	}
	return c
}

func rate(r *report.Results) string {
	lasted := r.Virtual
	if lasted == 0 {
		lasted = r.Wall
	}
	if lasted == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(r.Calls.Total())/lasted.Seconds())
}

func succeeded(r *report.Results) string {
	if r.Calls.Total() == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*float64(r.Calls.Ok)/float64(r.Calls.Total()))
}

// names lists the calls of both runs, those of the first run first.
func names(a, b *report.Results) []string {
	var all []string
	for _, r := range []*report.Results{a, b} {
		for _, c := range r.ByF {
			if !slices.Contains(all, c.F) {
				all = append(all, c.F)
			}
		}
	}
	return all
}

func byF(r *report.Results, f string) report.ResultCalls {
	if i := slices.IndexFunc(r.ByF, func(c report.ResultCalls) bool { return c.F == f }); i >= 0 {
		return r.ByF[i]
	}
	return report.ResultCalls{}
}

// planOf reads the top-level keys of a run's plan with the text of their values. Indented lines
// belong to the key above.
func planOf(root string, e Entry) [][2]string {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return nil
	}
	defer dir.Close()
	f, err := dir.Open(filepath.Join(filepath.FromSlash(e.Path), Plan))
	if err != nil {
		return nil
	}
	defer f.Close()
	var keys [][2]string
	lines := bufio.NewScanner(f)
	for n := 0; n < planLines && lines.Scan(); n++ {
		text := lines.Text()
		key, value, found := strings.Cut(text, ":")
		if found && key != "" && !strings.ContainsAny(key[:1], " \t-#") {
			keys = append(keys, [2]string{key, strings.TrimSpace(value)})
		} else if len(keys) > 0 && strings.TrimSpace(text) != "" {
			keys[len(keys)-1][1] += "\n" + text
		}
	}
	return keys
}

func valueOf(plan [][2]string, key string) string {
	for _, kv := range plan {
		if kv[0] == key {
			return kv[1]
		}
	}
	return ""
}
