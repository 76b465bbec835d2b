package report_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/browsertest"
	"github.com/splitvote/splitvote/report"
)

// frame waits until the page has drawn what was asked before.
const frame = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`

// settle carries out a statement and waits until the page has drawn what follows from it.
func settle(t *testing.T, ctx context.Context, statement string) {
	t.Helper()
	browsertest.Await[bool](t, ctx, `(async () => { `+statement+`; return await `+frame+` })()`)
}

// Zooming to the violation reaches its calls: a bar each, marked by more than colour, that tells
// its events when chosen.
func TestZoomToACall(t *testing.T) {
	run := invalidRun(t)
	ctx := browse(t, page(t, run))

	if n := browsertest.Ask[int](t, ctx, `document.querySelectorAll(".call").length`); n != 0 {
		t.Errorf("the whole run shows %d bars, want none: they could not be told apart", n)
	}
	settle(t, ctx, `document.querySelector('[data-zoom="mark"]').click()`)
	bars := browsertest.Ask[int](t, ctx, `document.querySelectorAll(".call").length`)
	if bars == 0 {
		t.Fatal("near the violation there are no bars")
	}
	if n := browsertest.Ask[int](t, ctx, `document.querySelectorAll(".call:not([aria-label])").length`); n != 0 {
		t.Errorf("%d of %d bars have no accessible name", n, bars)
	}
	last := run.History.Ops[run.Result.Evidence[0].Ops[2]]
	name := browsertest.Ask[string](t, ctx,
		`[...document.querySelectorAll(".call.witness")].at(-1)?.getAttribute("aria-label") || ""`)
	if !strings.Contains(name, last.F) || !strings.Contains(name, "part of the violation") {
		t.Errorf("the last bar of the violation is called %q, want the %s", name, last.F)
	}
	settle(t, ctx, `[...document.querySelectorAll(".call.witness")].at(-1).click()`)
	told := browsertest.Ask[string](t, ctx, `document.querySelector(".events").innerText`)
	for _, want := range []string{fmt.Sprintf("#%d", last.Index), "invoke", "ok", string(last.Node)} {
		if !strings.Contains(told, want) {
			t.Errorf("the events of the call do not say %q:\n%s", want, told)
		}
	}
	// A label stays in sight while its bar begins to the left of the window.
	settle(t, ctx, `document.querySelector('[data-zoom="in"]').click()`)
	if !browsertest.Ask[bool](t, ctx,
		`[...document.querySelectorAll(".call span, .fault span")].every(s => { const b = s.parentElement.getBoundingClientRect(), p = s.closest(".plot").getBoundingClientRect(); return b.right < p.left || b.left > p.right || s.getBoundingClientRect().left >= p.left - 1 })`) {
		t.Error("a label is out of sight although its bar is not")
	}
}

// Keys do what the buttons do.
func TestTheTimeLineByKeyboard(t *testing.T) {
	ctx := browse(t, page(t, invalidRun(t)))
	const shown = `document.querySelector(".tracks svg").getAttribute("viewBox")`
	whole := browsertest.Ask[string](t, ctx, shown)
	before := whole
	for _, key := range []string{"+", "ArrowRight", "ArrowLeft", "v", "-"} {
		settle(t, ctx,
			fmt.Sprintf(`document.querySelector(".tracks").dispatchEvent(new KeyboardEvent("keydown", {key: %q, bubbles: true}))`, key))
		after := browsertest.Ask[string](t, ctx, shown)
		if after == before {
			t.Errorf("%s changes nothing: still %s", key, after)
		}
		before = after
	}
	settle(t, ctx,
		`document.querySelector(".tracks").dispatchEvent(new KeyboardEvent("keydown", {key: "0", bubbles: true}))`)
	if again := browsertest.Ask[string](t, ctx, shown); again != whole {
		t.Errorf("0 shows %s, want the whole run %s", again, whole)
	}
	if !browsertest.Ask[bool](t, ctx,
		`[...document.querySelectorAll("button")].every(b => b.innerText.trim() || b.getAttribute("aria-label"))`) {
		t.Error("a button has no name")
	}
	if !browsertest.Ask[bool](t, ctx,
		`[...document.querySelectorAll(".toc a")].every(a => document.querySelector(a.getAttribute("href")))`) {
		t.Error("the table of contents leads nowhere")
	}
}

// manyCalls is a run of n calls by forty clients, four a millisecond, the last of which is wrong.
func manyCalls(t testing.TB, n int) *report.Run {
	var ops []history.Op
	for i := range n / 40 {
		for c := range 40 {
			at := time.Duration(i)*10*time.Millisecond + time.Duration(c)*100*time.Microsecond
			op := history.Op{Time: at, Process: history.Process(c), F: []string{"read", "write", "cas"}[(i+c)%3],
				Key: fmt.Sprintf("k%d", c%5), Value: json.RawMessage(fmt.Sprint(i*40 + c)), Node: members[c%5]}
			ops = append(ops, op)
		}
		for c := range 40 {
			done := ops[len(ops)-40]
			done.Kind, done.Time = history.Ok, time.Duration(i)*10*time.Millisecond+5*time.Millisecond+
				time.Duration(c)*100*time.Microsecond
			ops = append(ops, done)
		}
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	last := h.Invocation(h.Calls()[len(h.Calls())-1]).Index
	run := baseRun()
	run.History, run.Statuses = h, nil
	run.Result = checker.Result{Checker: "register", Verdict: checker.Invalid, Reason: "it is wrong",
		Evidence: []checker.Evidence{{Kind: "stale-read", Summary: "it is wrong", Ops: []int{last}}}}
	return run
}

// The page of 20,000 calls carries them all and stays below its bound; each step of a zoom asks
// little of the browser. How long a step takes is a machine's affair and a benchmark's; that a step
// draws only what shows is not.
func TestTwentyThousandCalls(t *testing.T) {
	html := page(t, manyCalls(t, 20_000))
	if len(html) > 1<<20 {
		t.Errorf("the page has %d bytes", len(html))
	}
	ctx := browse(t, html)
	if n := browsertest.Ask[int](t, ctx,
		`JSON.parse(document.getElementById("chart").textContent).op.length`); n != 20_000 {
		t.Errorf("the page carries %d calls, want all 20,000", n)
	}
	settle(t, ctx, `document.querySelector('[data-zoom="mark"]').click()`)
	for range 6 {
		settle(t, ctx, `document.querySelector('[data-zoom="in"]').click()`)
		bars := browsertest.Ask[int](t, ctx, `document.querySelectorAll(".call").length`)
		inside := browsertest.Ask[int](t, ctx,
			`[...document.querySelectorAll(".call")].filter(e => { const b = e.getBoundingClientRect(), p = e.parentElement.getBoundingClientRect(); return b.right >= p.left - 4 && b.left <= p.right + 4 }).length`)
		if bars > 3000 || bars != inside {
			t.Errorf("%d bars are drawn, %d of them in the window", bars, inside)
		}
	}
	worst := browsertest.Await[float64](t, ctx, `(async () => {
		let worst = 0;
		for (const act of ["all", "in", "in", "in", "right", "left", "mark", "in", "left", "all"]) {
			const begin = performance.now();
			document.querySelector('[data-zoom="' + act + '"]').click();
			await `+frame+`;
			worst = Math.max(worst, performance.now() - begin);
		}
		return worst;
	})()`)
	t.Logf("the slowest step of ten took %.0f ms", worst)
}

// On a telephone the evidence stacks and nothing sticks out; without a script the verdict and the
// evidence are there.
func TestANarrowPage(t *testing.T) {
	ctx := browse(t, page(t, invalidRun(t)))
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 800)); err != nil {
		t.Fatal(err)
	}
	for what, expression := range map[string]string{
		"nothing is wider than the screen":  `document.documentElement.scrollWidth <= 390`,
		"a row of the evidence is a column": `(td => td.length > 3 && td[1].getBoundingClientRect().top >= td[0].getBoundingClientRect().bottom - 1)(document.querySelectorAll("#violation table tbody tr:first-child td"))`,
		"every cell names what it is":       `[...document.querySelectorAll("table.stack td")].every(td => td.dataset.label)`,
	} {
		if !browsertest.Ask[bool](t, ctx, expression) {
			t.Errorf("it is not so that %s", what)
		}
	}
}

// What needs the script is hidden without it: no button that does nothing, no empty canvas.
func TestThePageWithoutItsScript(t *testing.T) {
	run := invalidRun(t)
	html := page(t, run)
	for _, want := range []string{`<span class="buttons" hidden>`, `<canvas class="scatter" aria-hidden="true" hidden>`,
		`<p class="filter" hidden>`, `<div class="clients" hidden>`, run.Result.Evidence[0].Summary} {
		if !strings.Contains(html, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// A valid page says what its verdict rests on, in numbers.
func TestAValidPageSaysWhatWasChecked(t *testing.T) {
	run := samples(t)["valid"]
	html := page(t, run)
	_, said, found := strings.Cut(html, `id="checked"`)
	said, _, _ = strings.Cut(said, "</section>")
	if !found {
		t.Fatal("the page does not say what was checked")
	}
	for _, want := range []string{"logical client", "on 3 keys", "of unknown outcome", "× partition",
		"proved to have taken effect"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	if strings.Contains(page(t, invalidRun(t)), `id="checked"`) {
		t.Error("an invalid run says what it rests on")
	}
}
