package store

import (
	"net/http"
	"os"
	"path"
	"strings"
)

// policy lets a run's report draw itself and fetch nothing from anywhere. Its script may be an older version's, so it is not
// named by its hash here; the report itself does that.
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

// plainText are the endings of files that are shown as text, whatever they hold.
var plainText = map[string]bool{".log": true, ".jsonl": true, ".yaml": true, ".md": true, ".txt": true, ".json": true, ".xml": true}

// Serve shows the store at root: an index of its runs and findings, two runs side by side (/compare), a plan over time
// (/trend), a run under way (/live), and the files of the runs. It only reads, and serves nothing outside root, links that
// lead there included (S4). A run's name is never that of one of these pages, for a run's path has two parts.
func Serve(root string) http.Handler {
	var under live
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy", policy)
		header.Set("Cache-Control", "no-cache")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD are answered", http.StatusMethodNotAllowed)
			return
		}
		switch r.URL.Path {
		case "/":
			serveIndex(w, root)
			return
		case "/compare":
			serveCompare(w, r, root)
			return
		case "/trend":
			serveTrend(w, r, root)
			return
		case "/live":
			under.serve(w, r, root)
			return
		}
		if hidden(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		dir, err := os.OpenRoot(root)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer dir.Close()
		if plainText[path.Ext(r.URL.Path)] {
			header.Set("Content-Type", "text/plain; charset=utf-8")
		}
		http.FileServerFS(dir.FS()).ServeHTTP(w, r)
	})
}

// hidden says whether a path has a part that begins with a dot: a file that is just being written.
func hidden(urlPath string) bool {
	for part := range strings.SplitSeq(urlPath, "/") {
		if strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}
