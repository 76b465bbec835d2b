package store

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed pages
var pageFiles embed.FS

// The pages drawn here, as opposed to the files of a run. All share one style and one script. Their
// policy names the script by its hash, so no other script can run.
var (
	pageStyle  = mustRead("pages/style.css")
	pageScript = mustRead("pages/script.js")
	pagePolicy = fmt.Sprintf("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-%s'; img-src data:; "+
		"base-uri 'none'; form-action 'self'",
		hashOf(pageScript))
	pages = template.Must(template.New("pages").Funcs(template.FuncMap{
		"style":   func() template.CSS { return template.CSS(pageStyle) },
		"script":  func() template.JS { return template.JS(pageScript) },
		"sign":    func(verdict string) string { return signs[verdict] },
		"seconds": func(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) },
		"latency": latency,
		"inc":     func(i int) int { return i + 1 },
	}).ParseFS(pageFiles, "pages/*.tmpl"))
)

// signs show a verdict as a shape, for readers who do not see its colour.
var signs = map[string]string{"valid": "✓", "unknown": "?", "invalid": "✕", "failed": "!", "incomplete": "…"}

func mustRead(name string) string {
	data, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func hashOf(script string) string {
	sum := sha256.Sum256([]byte(script))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// draw writes a page, or an error if the template fails.
func draw(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes())
}

// latency formats a duration for comparison: 1.2 ms, 41 ms, 3.0 s.
func latency(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}

// pick returns the run at the path that a request names, or nil if the store has none.
func pick(entries []Entry, path string) *Entry {
	path = strings.Trim(path, "/")
	for i := range entries {
		if entries[i].Path == path {
			return &entries[i]
		}
	}
	return nil
}
