package report_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/internal/browsertest"
)

// browse opens a run's page in a real browser.
func browse(t *testing.T, html string) context.Context {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "report.html")
	if err := os.WriteFile(file, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	return browsertest.Open(t, "file://"+file, "file://"+dir)
}

func TestThePageInABrowser(t *testing.T) {
	ctx := browse(t, page(t, invalidRun(t)))
	for what, expression := range map[string]string{
		"the picture is on the first screen":         `(b => b.top >= 0 && b.bottom <= innerHeight && b.height > 100)(document.querySelector("svg.picture").getBoundingClientRect())`,
		"the verdict is on the first screen":         `(b => b.top >= 0 && b.bottom <= 200)(document.querySelector(".verdict").getBoundingClientRect())`,
		"the sentences are on the first screen":      `[...document.querySelectorAll("ol.said li")].every(e => e.getBoundingClientRect().bottom <= innerHeight)`,
		"nothing is wider than the screen":           `document.documentElement.scrollWidth <= innerWidth`,
		"every bar of the violation holds its label": `[...document.querySelectorAll(".bar")].every(g => [...g.querySelectorAll(".what, .which")].every(l => l.getBoundingClientRect().right <= g.querySelector("rect").getBoundingClientRect().right))`,
		"the table is at the violation":              `(r => r.top < document.querySelector("#operations .tall").getBoundingClientRect().bottom)(document.querySelector(".witness").getBoundingClientRect())`,
		"the buttons are there":                      `!document.querySelector(".buttons").hidden`,
	} {
		if !browsertest.Ask[bool](t, ctx, expression) {
			t.Errorf("it is not so that %s", what)
		}
	}

	const shown = `document.querySelector(".tracks svg").getAttribute("viewBox")`
	whole := browsertest.Ask[string](t, ctx, shown)
	browsertest.Ask[bool](t, ctx, `(document.querySelector('[data-zoom="mark"]').click(), true)`)
	if near := browsertest.Ask[string](t, ctx, shown); near == whole {
		t.Errorf("zooming to the violation still shows %s", near)
	}
	if n := browsertest.Ask[int](t, ctx, `document.querySelectorAll(".axis .tick:not([hidden])").length`); n < 3 ||
		n > 15 {
		t.Errorf("the zoomed axis has %d times", n)
	}
	browsertest.Ask[bool](t, ctx, `(document.querySelector('[data-zoom="all"]').click(), true)`)
	if again := browsertest.Ask[string](t, ctx, shown); again != whole {
		t.Errorf("the whole run shows %s, want %s", again, whole)
	}

	const rows = `[...document.querySelectorAll("#around tbody tr")].filter(r => !r.hidden).length`
	all := browsertest.Ask[int](t, ctx, rows)
	browsertest.Ask[bool](t, ctx,
		`((f) => { f.value = "write n5"; f.dispatchEvent(new Event("input")); return true })(document.getElementById("filter"))`)
	if some := browsertest.Ask[int](t, ctx, rows); some == 0 || some >= all {
		t.Errorf("the filter leaves %d of %d rows", some, all)
	}
	browsertest.Ask[bool](t, ctx,
		`((e) => { const b = e.getBoundingClientRect(); e.dispatchEvent(new PointerEvent("pointermove", {bubbles: true, clientX: b.left + b.width / 2, clientY: b.top + 60})); return true })(document.querySelector(".tracks"))`)
	if said := browsertest.Ask[string](t, ctx,
		`document.querySelector(".readout").textContent`); !strings.Contains(said, "ok") ||
		!strings.Contains(said, " s") {
		t.Errorf("the read-out says %q", said)
	}
}

func TestOtherPagesInABrowser(t *testing.T) {
	all := samples(t)
	for _, name := range []string{"valid", "unknown", "failed", "nothing"} {
		run := all[name]
		t.Run(name, func(t *testing.T) {
			ctx := browse(t, page(t, run))
			if verdict := browsertest.Ask[string](t, ctx,
				`document.querySelector(".verdict").innerText`); !strings.Contains(strings.ToLower(verdict),
				run.Outcome()) {
				t.Errorf("the page says %q, want %s", verdict, run.Outcome())
			}
			if !browsertest.Ask[bool](t, ctx, `document.documentElement.scrollWidth <= innerWidth`) {
				t.Error("the page is wider than the screen")
			}
		})
	}
}
