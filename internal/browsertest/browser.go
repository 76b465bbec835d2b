// Package browsertest shows pages in a real browser, for the tests of what people look at.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Open shows a page in a browser of a laptop's size. The test fails if a page writes to the
// console, throws, or fetches anything whose address does not begin with from. Without a browser
// the test is skipped.
func Open(t *testing.T, url, from string) context.Context {
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
	// The browser is killed, and leaves what it has in its temporary directory. A child of it may
	// die a moment later, so this is not a directory of the test, which must be gone at its end.
	scratch, err := os.MkdirTemp("", "splitvote-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(scratch) })
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx,
		append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(binary), chromedp.NoSandbox,
			chromedp.Env("TMPDIR="+scratch), chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true),
			chromedp.WindowSize(1280, 800))...)
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
			if url := e.Request.URL; !strings.HasPrefix(url, from) && !strings.HasPrefix(url, "data:,") {
				complain("request: " + url)
			}
		}
	}))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
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

// Ask evaluates an expression in the page.
func Ask[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return answer
}

// Await evaluates an expression and waits for its value, a promise.
func Await[T any](t *testing.T, ctx context.Context, promise string) T {
	t.Helper()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](promise, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", promise, err)
	}
	return answer
}
