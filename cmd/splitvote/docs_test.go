package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/internal/catalogue"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the generated pages of docs/")

// reference is docs/reference.md: what splitvote list knows, as a page.
func reference() []byte {
	var b bytes.Buffer
	b.WriteString("# What there is to choose from\n\nGenerated from the tables that `splitvote list` prints; `make " +
		"docs` writes it.\n")
	for _, l := range catalogue.Lists {
		fmt.Fprintf(&b, "\n## %s%s\n\n", strings.ToUpper(l.Name[:1]), l.Name[1:])
		for _, r := range l.Rows() {
			fmt.Fprintf(&b, "- **%s**: %s\n", r.Name, r.Doc)
			for _, d := range append(r.Details, r.Settings...) {
				fmt.Fprintf(&b, "  - %s\n", d)
			}
		}
	}
	return b.Bytes()
}

func TestGeneratedDocs(t *testing.T) {
	const page = "../../docs/reference.md"
	if *rewrite {
		if err := os.WriteFile(page, reference(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, reference()) {
		t.Errorf("%s is not what the tables say: run make docs", page)
	}
}
