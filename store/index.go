package store

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"

	"github.com/splitvote/splitvote/report"
)

func serveIndex(w http.ResponseWriter, root string) {
	entries, err := List(root)
	if err != nil {
		http.Error(w, "the runs cannot be listed", http.StatusInternalServerError)
		return
	}
	page := struct {
		Rows                              []indexRow
		Findings                          []indexFinding
		Invalid, Unknown, Valid, Unending int
	}{}
	byPath := map[string]string{} // what opens each run
	for _, e := range entries {
		row := newIndexRow(e)
		byPath[e.Path] = row.Open
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
	for _, f := range Findings(entries) {
		page.Findings = append(page.Findings, indexFinding{f, byPath[f.Runs[0]],
			"/trend?plan=" + url.QueryEscape(f.Plan)})
	}
	draw(w, "index", page)
}

// indexFinding is a finding in the index.
type indexFinding struct {
	Finding
	Open, Trend string
}

// indexRow is a run in the index.
type indexRow struct {
	Verdict, Reason, Name, Bug             string
	Path                                   string
	Began, Target, Backend, Workload, Seed string
	Finding                                string // kind of the first violation
	Calls, Lasted                          string
	Seconds                                float64 // Lasted as a number, for sorting
	Open                                   string  // what a click on the run opens
	Trend                                  string
	Files                                  []report.Link
}

func newIndexRow(e Entry) indexRow {
	row := indexRow{Verdict: "incomplete", Name: e.Name, Path: e.Path, Began: e.Began.Format("2006-01-02 15:04:05"),
		Open: "/live?run=" + url.QueryEscape(e.Path), Trend: "/trend?plan=" + url.QueryEscape(e.Name),
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
		if len(s.Violations) > 0 {
			row.Finding = s.Violations[0].Kind
		}
		lasted := s.Wall
		if s.Virtual > 0 {
			lasted = s.Virtual
		}
		row.Seconds = lasted.Seconds()
		row.Lasted = strconv.FormatFloat(row.Seconds, 'f', 1, 64) + " s"
		for _, link := range s.Links {
			if filepath.IsLocal(filepath.FromSlash(link.Path)) {
				row.Files = append(row.Files, report.Link{Name: link.Name, Path: "/" + e.Path + "/" + link.Path})
			}
		}
	}
	return row
}
