package report_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/splitvote/splitvote/report"
)

func TestShow(t *testing.T) {
	for name, run := range samples(t) {
		got := render(t, func(b *bytes.Buffer) error { return report.HTML(b, run) })
		os.WriteFile("/tmp/rep/"+name+".html", []byte(got), 0o644)
	}
}
