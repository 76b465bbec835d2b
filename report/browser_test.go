package report_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browse opens a run's page in a real browser of a laptop's size, and fails the test if the page complains or fetches.
func browse(t *testing.T, html string) context.Context {
	t.Helper()
	var binary string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			binary = path
			break
		}
	}
	if binary == "" {
		t.Skip("no browser: chromium is not installed")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "report.html")
	if err := os.WriteFile(file, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	// The browser is killed, and leaves what it has in its temporary directory. A child of it may die a moment later, so that
	// this is no directory of the test's, which must be gone at its end.
	scratch, err := os.MkdirTemp("", "splitvote-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(scratch) })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(binary), chromedp.NoSandbox,
		chromedp.Env("TMPDIR="+scratch), chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true), chromedp.WindowSize(1280, 800))...)
	t.Cleanup(cancel)
	var lock sync.Mutex
	var complaints []string
	complain := func(s string) {
		lock.Lock()
		defer lock.Unlock()
		complaints = append(complaints, s)
	}
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			complain("console: " + e.Type.String())
		case *runtime.EventExceptionThrown:
			complain("exception: " + e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			complain("log: " + e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if url := e.Request.URL; !strings.HasPrefix(url, "file://"+dir) && !strings.HasPrefix(url, "data:,") {
				complain("request: " + url)
			}
		}
	}))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		lock.Lock()
		defer lock.Unlock()
		for _, s := range complaints {
			t.Errorf("the page: %s", s)
		}
	})
	return ctx
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return answer
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
		if !ask[bool](t, ctx, expression) {
			t.Errorf("it is not so that %s", what)
		}
	}

	const shown = `document.querySelector(".tracks svg").getAttribute("viewBox")`
	whole := ask[string](t, ctx, shown)
	ask[bool](t, ctx, `(document.querySelector('[data-zoom="mark"]').click(), true)`)
	if near := ask[string](t, ctx, shown); near == whole {
		t.Errorf("zooming to the violation still shows %s", near)
	}
	if n := ask[int](t, ctx, `document.querySelectorAll(".axis .tick:not([hidden])").length`); n < 3 || n > 15 {
		t.Errorf("the zoomed axis has %d times", n)
	}
	ask[bool](t, ctx, `(document.querySelector('[data-zoom="all"]').click(), true)`)
	if again := ask[string](t, ctx, shown); again != whole {
		t.Errorf("the whole run shows %s, want %s", again, whole)
	}

	const rows = `[...document.querySelectorAll("#around tbody tr")].filter(r => !r.hidden).length`
	all := ask[int](t, ctx, rows)
	ask[bool](t, ctx, `((f) => { f.value = "write n5"; f.dispatchEvent(new Event("input")); return true })(document.getElementById("filter"))`)
	if some := ask[int](t, ctx, rows); some == 0 || some >= all {
		t.Errorf("the filter leaves %d of %d rows", some, all)
	}
	ask[bool](t, ctx, `((e) => { const b = e.getBoundingClientRect(); e.dispatchEvent(new PointerEvent("pointermove", {bubbles: true, clientX: b.left + b.width / 2, clientY: b.top + 60})); return true })(document.querySelector(".tracks"))`)
	if said := ask[string](t, ctx, `document.querySelector(".readout").textContent`); !strings.Contains(said, "ok") || !strings.Contains(said, " s") {
		t.Errorf("the read-out says %q", said)
	}
}

func TestOtherPagesInABrowser(t *testing.T) {
	all := samples(t)
	for _, name := range []string{"valid", "unknown", "failed", "nothing"} {
		run := all[name]
		t.Run(name, func(t *testing.T) {
			ctx := browse(t, page(t, run))
			if verdict := ask[string](t, ctx, `document.querySelector(".verdict").innerText`); !strings.Contains(strings.ToLower(verdict), run.Outcome()) {
				t.Errorf("the page says %q, want %s", verdict, run.Outcome())
			}
			if !ask[bool](t, ctx, `document.documentElement.scrollWidth <= innerWidth`) {
				t.Error("the page is wider than the screen")
			}
		})
	}
}
