package store

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/report"
)

//go:embed index.html.tmpl
var indexText string

var indexPage = template.Must(template.New("index").Parse(indexText))

// policy lets a page of ours draw itself and fetch nothing from anywhere.
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

// plainText are the endings of files that are shown as text, whatever they hold.
var plainText = map[string]bool{".log": true, ".jsonl": true, ".yaml": true, ".md": true, ".txt": true, ".json": true, ".xml": true}

// Serve shows the store at root: an index of its runs, and their files. It only reads, and serves nothing outside root,
// links that lead there included (S4).
func Serve(root string) http.Handler {
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
		if r.URL.Path == "/" {
			serveIndex(w, root)
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

func serveIndex(w http.ResponseWriter, root string) {
	entries, err := List(root)
	if err != nil {
		http.Error(w, "the runs cannot be listed", http.StatusInternalServerError)
		return
	}
	page := struct {
		Rows                              []indexRow
		Invalid, Unknown, Valid, Unending int
	}{}
	for _, e := range entries {
		row := newIndexRow(e)
		switch row.Verdict {
		case "invalid":
			page.Invalid++
		case "valid":
			page.Valid++
		case "incomplete":
			page.Unending++
		default:
			page.Unknown++
		}
		page.Rows = append(page.Rows, row)
	}
	var b bytes.Buffer
	if err := indexPage.Execute(&b, page); err != nil {
		http.Error(w, "the index cannot be drawn", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes())
}

// indexRow is a run in the index.
type indexRow struct {
	Verdict, Reason, Name, Bug             string
	Began, Target, Backend, Workload, Seed string
	Calls, Lasted                          string
	Open                                   string // what a click on the run opens
	Files                                  []report.Link
}

func newIndexRow(e Entry) indexRow {
	row := indexRow{Verdict: "incomplete", Name: e.Name, Began: e.Began.Format("2006-01-02 15:04:05"), Open: "/" + e.Path + "/",
		Reason: "it is still running, or was stopped before it was judged"}
	for _, file := range e.Files {
		link := report.Link{Name: file, Path: "/" + e.Path + "/" + file}
		switch file {
		case Report:
			row.Open = link.Path
		case Nodes:
			link.Path += "/"
		}
		row.Files = append(row.Files, link)
	}
	if e.Problem != "" {
		row.Reason = e.Problem
	}
	if s := e.Results; s != nil {
		row.Verdict, row.Reason, row.Bug = s.Verdict, s.Reason, s.Bug
		row.Target, row.Backend, row.Workload, row.Seed = s.Target, s.Backend, s.Workload, fmt.Sprint(s.Seed)
		row.Calls = fmt.Sprint(s.Calls.Total())
		lasted := s.Wall
		if s.Virtual > 0 {
			lasted = s.Virtual
		}
		row.Lasted = strconv.FormatFloat(lasted.Seconds(), 'f', 1, 64) + " s"
		for _, link := range s.Links {
			if filepath.IsLocal(filepath.FromSlash(link.Path)) {
				row.Files = append(row.Files, report.Link{Name: link.Name, Path: "/" + e.Path + "/" + link.Path})
			}
		}
	}
	return row
}
