package live_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/cluster/live"
)

func TestLastWords(t *testing.T) {
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprint("line ", i))
	}
	for name, tt := range map[string]struct {
		log  string
		want []string
	}{
		"nothing":      {" \n\n", nil},
		"a line":       {"one\r\n", []string{"one"}},
		"the last ten": {strings.Join(many, "\n"), many[30:]},
		"a dump's reason": {"before\npanic: boom\n" + strings.Join(many, "\n"),
			append([]string{"panic: boom"}, many[:9]...)},
		"a short dump": {"before\nfatal error: boom\nstack", []string{"before", "fatal error: boom", "stack"}},
	} {
		if d := cmp.Diff(tt.want, live.LastWords(tt.log)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
