package store

import (
	"net/http"
	"os"
	"path"
	"strings"
)

// policy allows a run's report to draw itself and to fetch nothing. An older version may have
// written the report's script, so the policy does not name its hash; the report itself does.
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri " +
	"'none'; form-action 'none'"

// plainText lists the endings of files that are always served as plain text.
var plainText = map[string]bool{".log": true, ".jsonl": true, ".yaml": true, ".md": true, ".txt": true, ".json": true,
	".xml": true}

// Serve serves the store at root: an index of its runs and findings, two runs side by side
// (/compare), a plan over time (/trend), a run in progress (/live), and the files of the runs. It
// only reads. It serves nothing outside root, not even through links (S4). A run never collides
// with one of these pages, because a run's path has two parts.
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

// hidden reports whether a part of the path begins with a dot, as a file does while it is being
// written.
func hidden(urlPath string) bool {
	for part := range strings.SplitSeq(urlPath, "/") {
		if strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}
