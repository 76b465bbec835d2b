package report_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/report"
)

// Every kind of fault that there is has a look of its own in the lane of a node that suffers it,
// and stands in the legend, in light and in dark.
func TestEveryKindOfHarmHasItsOwnLook(t *testing.T) {
	var ops []history.Op
	for i, k := range nemesis.Kinds() {
		for j, phase := range []history.Phase{history.Start, history.Stop} {
			at := time.Duration(2*i+j+1) * time.Second
			op := history.Op{Time: at, Process: history.Nemesis, F: string(phase), Value: value(t, history.Fault{
				ID: i + 1, Fault: k.Name, Phase: phase, Shape: k.Shapes[0].Name, Nodes: []history.NodeID{"n1"},
				Bit: true})}
			done := op
			done.Kind = history.Ok
			ops = append(ops, op, done)
		}
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	got := page(t, &report.Run{Name: "harms", Nodes: []history.NodeID{"n1"}, History: h})
	looks := map[string]string{}
	for _, k := range nemesis.Kinds() {
		drawn := regexp.MustCompile(fmt.Sprintf(`<rect class="harm (whole|strip) (f-\S+)"[^>]*><title>n1 ([^,<]+)[^<]*\(%s #`, k.Name)).FindStringSubmatch(got)
		if drawn == nil {
			t.Errorf("%s does not show in the lane", k.Name)
			continue
		}
		class, did := drawn[2], drawn[3]
		if other, taken := looks[class]; taken || class == "f-other" {
			t.Errorf("%s looks like %s", k.Name, other)
		}
		looks[class] = k.Name
		if key := fmt.Sprintf(`<span class="key %s %s">%s`, drawn[1], class, did); !strings.Contains(got, key) {
			t.Errorf("%s is not in the legend: want %s", k.Name, key)
		}
		name := strings.TrimPrefix(class, "f-")
		if n := len(regexp.MustCompile(`[ {]--`+name+`: #`).FindAllString(got, -1)); n != 2 {
			t.Errorf("%s has %d colours, want one in light and one in dark", k.Name, n)
		}
		if !strings.Contains(got, "."+class+" { --f: var(--"+name+"); }") {
			t.Errorf("%s has no colour", class)
		}
	}
}
