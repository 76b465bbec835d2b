package report

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Exchange is something that happened among the nodes of a simulated cluster: a message and what became of it, or, where To
// is empty, something that befell one node.
type Exchange struct {
	At       time.Duration
	From, To history.NodeID
	Arrived  time.Duration // 0: it never did
	Lost     string        // why not, in a word
	Text     string        // what it said, or what befell the node
}

// The message-sequence diagram has a line for each client and node and time from top to bottom: a row for each thing that
// happens, so that order is kept and length is not.
const (
	sequenceRows  = 240 // of a longer run the last ones are drawn: the violation is at the end
	sequenceLane  = 230.0
	sequenceRow   = 19.0
	sequenceLeft  = 90.0 // for times
	sequenceChars = 34   // of a text
)

// step is a row of the diagram.
type step struct {
	at       time.Duration
	from, to string
	text     string
	title    string // more, for who points at it
	class    string // call, answer, message, lost or event
}

// sequence draws the diagram of a run whose exchanges were recorded; left out says how many rows are not drawn.
func sequence(r *Run) (drawn template.HTML, leftOut int) {
	if len(r.Exchanges) == 0 || r.History == nil {
		return "", 0
	}
	steps := append(talk(r.Exchanges), dialogue(r.History)...)
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	if end, known := lastOfViolation(r); known {
		steps = slices.DeleteFunc(steps, func(s step) bool { return s.at > end })
	}
	leftOut = max(0, len(steps)-sequenceRows)
	steps = steps[leftOut:]
	var lanes []string
	for _, s := range steps {
		if strings.HasPrefix(s.from, "p") && s.class == "call" && !slices.Contains(lanes, s.from) {
			lanes = append(lanes, s.from)
		}
	}
	for _, n := range r.Nodes {
		lanes = append(lanes, string(n))
	}
	return drawSequence(steps, lanes), leftOut
}

// talk is a row for each message, at the moment at which it was sent, and for each thing that befell a node.
func talk(exchanges []Exchange) []step {
	var steps []step
	for _, x := range exchanges {
		s := step{at: x.At, from: string(x.From), to: string(x.To), text: x.Text, class: "message"}
		switch {
		case x.To == "":
			s.class = "event"
		case x.Arrived == 0:
			s.class, s.title = "lost", x.Text+": "+cmp.Or(x.Lost, "under way at the end")
		default:
			s.title = fmt.Sprintf("%s, on the way for %v", x.Text, (x.Arrived - x.At).Round(time.Microsecond))
		}
		steps = append(steps, s)
	}
	return steps
}

// dialogue is a row for each event of the history.
func dialogue(h *history.History) []step {
	var steps []step
	node := map[history.Process]history.NodeID{}
	for i := range h.Ops {
		op := &h.Ops[i]
		what := strings.TrimSpace(op.F + " " + strings.TrimPrefix(string(op.Value), "null"))
		client := "p" + op.Process.String()
		switch {
		case op.Process == history.Nemesis && op.Kind != history.Invoke:
			for _, f := range op.Faults() {
				for _, n := range f.Nodes {
					steps = append(steps, step{at: op.Time, from: string(n), text: fmt.Sprintf("%s %s %s", f.Fault, f.Shape, f.Phase), class: "event"})
				}
			}
		case op.Process == history.Nemesis:
		case op.Kind == history.Invoke:
			node[op.Process] = op.Node
			steps = append(steps, step{at: op.Time, from: client, to: string(op.Node), text: what, class: "call"})
		default:
			from := cmp.Or(op.Node, node[op.Process])
			steps = append(steps, step{at: op.Time, from: string(from), to: client, text: op.Kind.String() + ": " + cmp.Or(op.Err, op.F+" "+string(op.Value)), class: "answer"})
		}
	}
	return steps
}

// lastOfViolation is when the last operation that shows the first violation ended.
func lastOfViolation(r *Run) (end time.Duration, known bool) {
	if len(r.Result.Evidence) == 0 {
		return 0, false
	}
	for _, c := range r.History.Calls() {
		if slices.Contains(r.Result.Evidence[0].Ops, r.History.Invocation(c).Index) {
			known = true
			if done := r.History.Completion(c); done != nil {
				end = max(end, done.Time)
			}
		}
	}
	return end, known && end > 0
}

func drawSequence(steps []step, lanes []string) template.HTML {
	var b strings.Builder
	x := func(lane string) float64 { return sequenceLeft + sequenceLane*(float64(slices.Index(lanes, lane))+0.5) }
	width := sequenceLeft + sequenceLane*float64(len(lanes))
	height := 34 + sequenceRow*float64(len(steps)+1)
	fmt.Fprintf(&b, `<svg class="picture sequence" viewBox="0 0 %s %s" style="min-width:%spx;max-width:%[1]spx" role="img" aria-label="messages in the order in which they were sent">`,
		num(width), num(height), num(min(width, 720)))
	for _, lane := range lanes {
		fmt.Fprintf(&b, `<text class="process" text-anchor="middle" x="%s" y="16">%s</text><line class="lane" x1="%[1]s" x2="%[1]s" y1="24" y2="%[3]s"/>`,
			num(x(lane)), html.EscapeString(lane), num(height))
	}
	last := time.Duration(-1)
	for i, s := range steps {
		if !slices.Contains(lanes, s.from) || s.to != "" && !slices.Contains(lanes, s.to) {
			continue
		}
		y := 34 + sequenceRow*float64(i+1)
		if s.at/time.Microsecond != last/time.Microsecond {
			fmt.Fprintf(&b, `<text x="2" y="%s">%s</text>`, num(y), html.EscapeString(fmt.Sprintf("%.6f s", s.at.Seconds())))
		}
		last = s.at
		drawStep(&b, s, x(s.from), x(cmp.Or(s.to, s.from)), y)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func drawStep(b *strings.Builder, s step, from, to, y float64) {
	text := html.EscapeString(shorten(s.text, sequenceChars))
	title := "<title>" + html.EscapeString(cmp.Or(s.title, s.text)) + "</title>"
	if s.to == "" {
		fmt.Fprintf(b, `<g class="event">%s<circle class="mark" cx="%s" cy="%s" r="4"/><text class="fault" x="%s" y="%s">%s</text></g>`, title,
			num(from), num(y-4), num(from+8), num(y), text)
		return
	}
	tip, side := to, 1.0
	if to < from {
		side = -1
	}
	if s.class == "lost" {
		tip = from + (to-from)*0.75
	}
	fmt.Fprintf(b, `<g class="%s">%s<path d="M%s %sH%s"/>`, s.class, title, num(from), num(y), num(tip))
	if s.class == "lost" {
		fmt.Fprintf(b, `<text class="cross" text-anchor="middle" x="%s" y="%s">✕</text>`, num(tip), num(y+4))
	} else {
		fmt.Fprintf(b, `<polygon points="%s,%s %s,%s %s,%s"/>`, num(tip), num(y), num(tip-7*side), num(y-3.5), num(tip-7*side), num(y+3.5))
	}
	anchor := "start"
	if side < 0 {
		anchor = "end"
	}
	fmt.Fprintf(b, `<text text-anchor="%s" x="%s" y="%s">%s</text></g>`, anchor, num(from+6*side), num(y-3), text)
}

func shorten(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
