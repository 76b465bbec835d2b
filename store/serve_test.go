package store_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/store"
)

func get(t *testing.T, handler http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	answer := httptest.NewRecorder()
	request := httptest.NewRequest(method, "/", nil)
	request.URL.Path = path // as a client may send it, not cleaned
	handler.ServeHTTP(answer, request)
	return answer
}

func TestServe(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.log")
	if err := os.WriteFile(outside, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	d := create(t, root, "raft", began)
	record(t, d)
	run := fixed(t)
	run.Target = "<script>alert(1)</script>"
	if err := d.Save(run); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.File("nodes/n1.log"), []byte("<script>alert(1)</script>"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, d.File("nodes/n2.log")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if err := os.WriteFile(d.File(".results.json-1"), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	create(t, root, "stopped", began.Add(time.Second))
	handler := store.Serve(root)
	at := "/raft/20261122T060000.123/"
	for _, test := range []struct {
		method, path string
		status       int
		kind, has    string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", at + "report.html"},
		{"GET", "/", 200, "text/html; charset=utf-8", "&lt;script&gt;alert(1)"},
		{"GET", "/", 200, "text/html; charset=utf-8", `<tr class="incomplete"`},
		{"HEAD", at + "report.html", 200, "text/html; charset=utf-8", ""},
		{"GET", at + "report.html", 200, "text/html; charset=utf-8", "splitvote"},
		{"GET", "/latest/", 200, "text/html; charset=utf-8", "nodes"},
		{"GET", at + "history.jsonl", 200, "text/plain; charset=utf-8", `"f":"read"`},
		{"GET", at + "nodes/n1.log", 200, "text/plain; charset=utf-8", "<script>"},
		{"GET", at + "nodes/n2.log", 500, "", ""},
		{"GET", at + ".results.json-1", 404, "", ""},
		{"GET", "/../" + filepath.Base(filepath.Dir(outside)) + "/secret.log", 404, "", ""},
		{"GET", at + "../../../secret.log", 404, "", ""},
		{"GET", "/none", 404, "", ""},
		{"POST", "/", 405, "", ""},
		{"DELETE", at + "report.html", 405, "", ""},
	} {
		answer := get(t, handler, test.method, test.path)
		if answer.Code != test.status {
			t.Errorf("%s %s: status %d, want %d", test.method, test.path, answer.Code, test.status)
		}
		body := answer.Body.String()
		if strings.Contains(body, "secret") || !strings.Contains(body, test.has) {
			t.Errorf("%s %s: the body has no %q, or has what lies outside:\n%s", test.method, test.path, test.has, body)
		}
		if kind := answer.Header().Get("Content-Type"); test.kind != "" && kind != test.kind {
			t.Errorf("%s %s: type %s, want %s", test.method, test.path, kind, test.kind)
		}
	}
}

func TestServeOfNothing(t *testing.T) {
	answer := get(t, store.Serve(filepath.Join(t.TempDir(), "none")), "GET", "/")
	if answer.Code != 200 || !strings.Contains(answer.Body.String(), "No run yet") {
		t.Errorf("status %d:\n%s", answer.Code, answer.Body)
	}
}
