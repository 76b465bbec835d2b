package store

import (
	"fmt"
	"html/template"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// trendRuns is the maximal number of runs in one picture.
const trendRuns = 200

// trend shows a plan's results from run to run.
type trend struct {
	Plan    string
	Rows    []indexRow // newest first
	Picture template.HTML
	Older   int // number of older runs that are not drawn
}

func serveTrend(w http.ResponseWriter, r *http.Request, root string) {
	entries, err := List(root)
	if err != nil {
		http.Error(w, "the runs cannot be listed", http.StatusInternalServerError)
		return
	}
	t := trend{Plan: r.URL.Query().Get("plan")}
	var runs []Entry
	for _, e := range entries {
		if e.Name == t.Plan {
			runs = append(runs, e)
			t.Rows = append(t.Rows, newIndexRow(e))
		}
	}
	if len(runs) == 0 {
		http.Error(w, "no run of a plan of that name", http.StatusNotFound)
		return
	}
	t.Older = max(0, len(runs)-trendRuns)
	runs = runs[:len(runs)-t.Older]
	slices.Reverse(runs)
	t.Picture = drawTrend(runs)
	draw(w, "trend", t)
}

const (
	trendWidth  = 1000.0
	trendHeight = 120.0
)

// drawTrend draws one column per run: the verdict as a sign, the share of successful calls, and the
// highest 99th percentile.
func drawTrend(runs []Entry) template.HTML {
	step := trendWidth / float64(len(runs))
	x := func(i int) float64 { return step * (float64(i) + 0.5) }
	share, slow := make([]float64, len(runs)), make([]float64, len(runs))
	low, high := math.Inf(1), math.Inf(-1)
	for i, e := range runs {
		share[i], slow[i] = -1, -1
		if e.Results == nil || e.Results.Calls.Total() == 0 {
			continue
		}
		share[i] = float64(e.Results.Calls.Ok) / float64(e.Results.Calls.Total())
		worst := time.Duration(1)
		for _, c := range e.Results.ByF {
			worst = max(worst, c.P99)
		}
		slow[i] = math.Log10(float64(worst))
		low, high = min(low, math.Floor(slow[i])), max(high, math.Floor(slow[i])+1)
	}
	if high < low { // no run was judged
		low, high = 0, 1
	}
	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg viewBox="0 0 %g %g" role="img" aria-label="verdict, share of successful calls and 99th percentile of each run, from the first to the last">`, trendWidth, 2*trendHeight+60)
	chart := func(top float64, title string, height func(int) float64, text func(int) string) {
		fmt.Fprintf(&b,
			`<text class="title" x="0" y="%g">%s</text><line class="foot" x1="0" x2="%g" y1="%g" y2="%[4]g"/>`, top+12,
			title, trendWidth, top+trendHeight)
		var path strings.Builder
		for i := range runs {
			h := height(i)
			if h < 0 {
				continue
			}
			y := top + trendHeight - h*(trendHeight-24)
			move := "L"
			if path.Len() == 0 {
				move = "M"
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", move, x(i), y)
			fmt.Fprintf(&b, `<circle class="%s" cx="%.1f" cy="%.1f" r="4"><title>%s</title></circle>`,
				template.HTMLEscapeString(verdictOf(runs[i])), x(i), y,
				template.HTMLEscapeString(runs[i].Began.Format("2006-01-02 15:04:05")+": "+text(i)))
		}
		fmt.Fprintf(&b, `<path class="line" d="%s"/>`, path.String())
	}
	chart(0, "calls that succeeded, 0 to 100 %", func(i int) float64 {
		return share[i]
	}, func(i int) string { return fmt.Sprintf("%.1f %%", 100*share[i]) })
	chart(trendHeight+10, "99th percentile, logarithmic: "+latency(time.Duration(math.Pow(10, low)))+" to "+
		latency(time.Duration(math.Pow(10, high))), func(i int) float64 {
		if slow[i] < 0 {
			return -1
		}
		return (slow[i] - low) / (high - low)
	}, func(i int) string { return latency(time.Duration(math.Pow(10, slow[i]))) })
	for i, e := range runs {
		if step >= 9 {
			fmt.Fprintf(&b, `<text class="sign %s" text-anchor="middle" x="%.1f" y="%g">%s</text>`,
				template.HTMLEscapeString(verdictOf(e)), x(i), 2*trendHeight+40, signs[verdictOf(e)])
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func verdictOf(e Entry) string {
	if e.Results == nil {
		return "incomplete"
	}
	return e.Results.Verdict
}
