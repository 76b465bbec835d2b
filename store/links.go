package store

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/report"
)

// linked names the files that a run's pages link, as patterns within its directory.
var linked = []struct{ name, pattern string }{
	{"history", History}, {"plan", Plan}, {"log", Log}, {"stack of the panic", Panic}, {"status of the nodes", Status},
	{"log of ", Nodes + "/*.log"},
}

// links returns the links that a run has already, and one for each of its files that exists.
func (d *Dir) links(have []report.Link) []report.Link {
	links := slices.Clone(have)
	for _, l := range linked {
		files, err := fs.Glob(os.DirFS(d.Path), l.pattern)
		if err != nil {
			panic(err) // the table has a malformed pattern
		}
		for _, file := range files {
			link := report.Link{Name: l.name, Path: file}
			if file != l.pattern { // one of several
				link.Name += strings.TrimSuffix(path.Base(file), path.Ext(file))
			}
			if !slices.ContainsFunc(links, func(l report.Link) bool { return l.Path == link.Path }) {
				links = append(links, link)
			}
		}
	}
	return links
}
