package report

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Exchange is an event among the nodes of a simulated cluster: a message and its fate or, if To is
// empty, an event of one node.
type Exchange struct {
	At       time.Duration
	From, To history.NodeID
	Arrived  time.Duration // 0: it never did
	Lost     string        // why not, in a word
	Text     string        // its content, or the node's event
	Client   bool          // between a client, named p7, and a node: a refusal, or the client's next try
}

// The message-sequence diagram has a line for each client and node, with time from top to bottom:
// one row per event, so that order is kept and length is not.
const (
	sequenceRows  = 240 // of a longer run only the last rows are drawn: the violation is at the end
	sequenceLane  = 230.0
	sequenceRow   = 19.0
	sequenceLeft  = 90.0 // for times
	sequenceChars = 32   // of a text for each lane that its arrow spans
	sequenceFold  = 3    // repeated messages in a row that are drawn as one line
)

// step is a row of the diagram.
type step struct {
	at       time.Duration
	from, to string
	text     string
	title    string // more, for readers who point at it
	class    string // call, answer, message, lost, event or fold
	violates bool   // it belongs to a call of the violation
	retry    bool   // a client was refused, or asks again
}

// sequence draws the diagram of a run whose exchanges were recorded; left out is how many rows are
// not drawn.
func sequence(r *Run) (drawn template.HTML, leftOut int) {
	if len(r.Exchanges) == 0 || r.History == nil {
		return "", 0
	}
	steps := append(talk(r.Exchanges), dialogue(r)...)
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	if end, known := lastOfViolation(r); known {
		steps = slices.DeleteFunc(steps, func(s step) bool { return s.at > end })
	}
	steps = fold(steps)
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

// talk returns a row for each message, at the moment it was sent, and for each event of a node.
func talk(exchanges []Exchange) []step {
	var steps []step
	for _, x := range exchanges {
		s := step{at: x.At, from: string(x.From), to: string(x.To), text: x.Text, class: "message", retry: x.Client}
		switch {
		case x.To == "":
			s.class = "event"
		case x.Client && strings.HasPrefix(s.from, "p"):
			s.class = "call"
		case x.Client:
			s.class = "answer"
		case x.Arrived == 0:
			s.class, s.title = "lost", x.Text+": "+cmp.Or(x.Lost, "under way at the end")
		default:
			s.title = fmt.Sprintf("%s, on the way for %v", x.Text, (x.Arrived - x.At).Round(time.Microsecond))
		}
		steps = append(steps, s)
	}
	return steps
}

// counters change from one heartbeat to the next although it says nothing new.
var counters = regexp.MustCompile(`\b(round|seq|id)=\d+`)

// fold joins consecutive messages that repeat the sender's last message to the receiver:
// heartbeats and their answers, and redirects while there is no leader.
func fold(steps []step) []step {
	said := map[[2]string]string{}
	repeats := func(s step) bool {
		pair := [2]string{s.from, s.to}
		switch {
		case s.retry && s.class == "call": // a client that is sent from node to node hears the same from each
			pair[1] = ""
		case s.retry:
			pair[0] = ""
		case s.class != "message" && s.class != "lost":
			return false
		}
		text := s.class + counters.ReplaceAllString(s.text, "$1")
		again := said[pair] == text
		said[pair] = text
		return again
	}
	var folded, run []step
	end := func() {
		if len(run) < sequenceFold {
			folded = append(folded, run...)
		} else {
			var titles []string
			for _, s := range run[:min(len(run), 20)] {
				titles = append(titles, fmt.Sprintf("%.6f s  %s→%s  %s", s.at.Seconds(), s.from, s.to, s.text))
			}
			folded = append(folded, step{at: run[0].at, class: "fold",
				text: fmt.Sprintf("⋮ %d messages that repeat the ones before, until %.6f s", len(run),
					run[len(run)-1].at.Seconds()), title: strings.Join(titles, "\n")})
		}
		run = nil
	}
	for _, s := range steps {
		if repeats(s) {
			run = append(run, s)
			continue
		}
		end()
		folded = append(folded, s)
	}
	end()
	return folded
}

// dialogue returns a row for each event of the history.
func dialogue(r *Run) []step {
	h := r.History
	violating := map[history.Process]bool{} // processes whose current call belongs to the first violation
	belongs := map[int]bool{}
	if len(r.Result.Evidence) > 0 {
		for _, i := range r.Result.Evidence[0].Ops {
			belongs[i] = true
		}
	}
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
					steps = append(steps, step{at: op.Time, from: string(n),
						text: fmt.Sprintf("%s %s %s", f.Fault, f.Shape, f.Phase), class: "event"})
				}
			}
		case op.Process == history.Nemesis:
		case op.Kind == history.Invoke:
			node[op.Process] = op.Node
			violating[op.Process] = belongs[op.Index]
			steps = append(steps, step{at: op.Time, from: client, to: string(op.Node), text: what, class: "call",
				violates: violating[op.Process]})
		default:
			from := cmp.Or(op.Node, node[op.Process])
			steps = append(steps, step{at: op.Time, from: string(from), to: client,
				text: op.Kind.String() + ": " + cmp.Or(op.Err, op.F+" "+string(op.Value)), class: "answer",
				violates: violating[op.Process]})
		}
	}
	return steps
}

// lastOfViolation returns when the last operation that shows the first violation ended.
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
	fmt.Fprintf(&b,
		`<svg class="picture sequence" viewBox="0 0 %s %s" style="min-width:%spx;max-width:%[1]spx" role="img" aria-label="messages in the order in which they were sent">`, num(width), num(height), num(min(width, 720)))
	for _, lane := range lanes {
		fmt.Fprintf(&b,
			`<text class="process" text-anchor="middle" x="%s" y="16">%s</text><line class="lane" x1="%[1]s" x2="%[1]s" y1="24" y2="%[3]s"/>`, num(x(lane)), html.EscapeString(lane), num(height))
	}
	last := time.Duration(-1)
	for i, s := range steps {
		if s.class != "fold" && (!slices.Contains(lanes, s.from) || s.to != "" && !slices.Contains(lanes, s.to)) {
			continue
		}
		y := 34 + sequenceRow*float64(i+1)
		if s.at/time.Microsecond != last/time.Microsecond {
			fmt.Fprintf(&b, `<text x="2" y="%s">%s</text>`, num(y),
				html.EscapeString(fmt.Sprintf("%.6f s", s.at.Seconds())))
		}
		last = s.at
		if s.class == "fold" {
			fmt.Fprintf(&b, `<g class="fold"><title>%s</title><text x="%s" y="%s">%s</text></g>`,
				html.EscapeString(s.title), num(sequenceLeft+8), num(y), html.EscapeString(s.text))
			continue
		}
		drawStep(&b, s, x(s.from), x(cmp.Or(s.to, s.from)), y, width)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func drawStep(b *strings.Builder, s step, from, to, y, width float64) {
	spans := max(1, int(math.Abs(to-from)/sequenceLane+0.5))
	said := s.text
	if s.violates {
		said = "✕ " + said
	}
	text := html.EscapeString(shorten(said, sequenceChars*spans))
	title := "<title>" + html.EscapeString(cmp.Or(s.title, s.text)) + "</title>"
	if s.to == "" {
		anchor, at := "start", from+8
		if from > width/2 { // towards the middle, where there is room
			anchor, at = "end", from-8
		}
		fmt.Fprintf(b,
			`<g class="event">%s<circle class="mark" cx="%s" cy="%s" r="4"/><text class="fault" text-anchor="%s" x="%s" y="%s">%s</text></g>`, title, num(from), num(y-4), anchor, num(at), num(y), html.EscapeString(shorten(s.text, 2*sequenceChars)))
		return
	}
	tip, side := to, 1.0
	if to < from {
		side = -1
	}
	if s.class == "lost" {
		tip = from + (to-from)*0.75
	}
	class := s.class
	if s.violates {
		class += " violates"
	}
	fmt.Fprintf(b, `<g class="%s">%s<path d="M%s %sH%s"/>`, class, title, num(from), num(y), num(tip))
	if s.class == "lost" {
		fmt.Fprintf(b, `<text class="cross" text-anchor="middle" x="%s" y="%s">✕</text>`, num(tip), num(y+4))
	} else {
		fmt.Fprintf(b, `<polygon points="%s,%s %s,%s %s,%s"/>`, num(tip), num(y), num(tip-7*side), num(y-3.5),
			num(tip-7*side), num(y+3.5))
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
