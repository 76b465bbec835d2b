package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// The time line stacks faults, throughput, latency and the nodes over one axis. Shapes are SVG in
// a box 1000 wide that is stretched to the page; labels are text placed by percent. So the time
// line needs no script, and the script can zoom by moving both.
const (
	timelineWidth    = 1000.0
	rateHeight       = 110.0
	latencyHeight    = 130.0
	timelineCalls    = 20   // below it a history without faults has no time line: the table of operations says more
	timelineRows     = 8    // of faults at the same time
	timelineNodes    = 31   // lanes
	timelineSegments = 2000 // of all lanes; as many again for the faults in them
	timelineLabels   = 60   // terms written in a lane
)

// timeline is what the template draws.
type timeline struct {
	Ticks     []placed
	Faults    [][]placed // rows of faults that do not overlap
	Dropped   int        // faults without a row
	BandRects []placed   // the same, behind the charts, in units of timelineWidth
	Marks     []placed   // the violations
	RateTop   string
	Rate      template.HTML
	LatTicks  []placed // left is how far from the top, in percent
	Latency   template.HTML
	Nodes     []nodeLane
	Harms     []harmKey  // legend of the faults that show in the lanes
	Doubts    []doubting // nodes that blocked others, and for how long
	Data      timelineData
}

// placed is a label at a position on the axis, in percent of it.
type placed struct {
	Left, Width        string
	Class, Text, Title string
}

// nodeLane is what a node did over time.
type nodeLane struct {
	Node   string
	Shape  template.HTML
	Labels []placed
}

// harmKey is a harm in the legend.
type harmKey struct{ Class, Kind, Did string }

// timelineData is for the script: a row a bin.
type timelineData struct {
	End    float64     `json:"end"` // seconds
	Bin    float64     `json:"bin"` // seconds
	Rate   [][3]int    `json:"rate"`
	Lat    [][]float64 `json:"lat"` // p50, p95, p99, max in milliseconds; empty without successful calls
	Faults []dataFault `json:"faults"`
	Low    float64     `json:"low"`   // decades of nanoseconds at the foot and
	High   float64     `json:"high"`  // at the top of the latencies
	Marks  []float64   `json:"marks"` // seconds at which each violation shows
}

type dataFault struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// bin is a part of the axis.
type bin struct {
	counts            checker.Counts
	took              []time.Duration // of calls that succeeded
	q                 quantiles
	shortest, longest time.Duration // of all calls that were answered; 0 without one
}

func newTimeline(r *Run, f *figures, told []violation) *timeline {
	if r.History == nil || f.end <= 0 || f.calls.Total() < timelineCalls && len(f.windows) == 0 &&
		len(r.Statuses) == 0 {
		return nil
	}
	t := &timeline{}
	bins, width := t.count(r.History, f)
	t.axis(f.end)
	t.faults(f)
	for i, v := range told[:min(len(told), htmlPictures)] {
		if len(v.Rows) > 0 {
			last := v.Rows[len(v.Rows)-1]
			t.Data.Marks = append(t.Data.Marks, last.From.Seconds())
			t.Marks = append(t.Marks, placed{Left: percent(last.From, f.end), Text: strconv.Itoa(i + 1),
				Title: plain(v.Summary)})
		}
	}
	t.rate(bins, width, f)
	t.latency(bins, width, f)
	t.nodes(r, f)
	t.Doubts = f.doubts[:min(len(f.doubts), timelineNodes)]
	t.data(bins, width, f)
	return t
}

func percent(at, end time.Duration) string {
	return strconv.FormatFloat(100*min(1, max(0, float64(at)/float64(end))), 'f', 3, 64)
}

// xOf is where a moment is drawn in a chart.
func xOf(at, end time.Duration) string { return num(timelineWidth * min(1, float64(at)/float64(end))) }

// count sorts the calls into bins by when they began: about twenty calls a bin, with a round
// width.
func (t *timeline) count(h *history.History, f *figures) ([]bin, time.Duration) {
	n := min(240, max(30, f.calls.Total()/20))
	width := roundUp(f.end / time.Duration(n))
	bins := make([]bin, int(f.end/width)+1)
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis {
			continue
		}
		b := &bins[min(len(bins)-1, int(op.Time/width))]
		kind := h.Kind(c)
		b.counts.Add(kind)
		done := h.Completion(c)
		if done == nil {
			continue
		}
		took := max(1, done.Time-op.Time)
		if b.longest == 0 || took < b.shortest {
			b.shortest = took
		}
		b.longest = max(b.longest, took)
		if kind == history.Ok {
			b.took = append(b.took, done.Time-op.Time)
		}
	}
	for i := range bins {
		bins[i].q = quantilesOf(bins[i].took)
		bins[i].took = nil
	}
	return bins, width
}

// roundUp returns the next of 1, 2, 5, 10, 20 ... nanoseconds.
func roundUp(d time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		for _, times := range []time.Duration{1, 2, 5} {
			if unit*times >= d {
				return unit * times
			}
		}
	}
}

func (t *timeline) axis(end time.Duration) {
	step := roundUp(end / 12)
	for at := time.Duration(0); at <= end; at += step {
		t.Ticks = append(t.Ticks, placed{Left: percent(at, end),
			Text: strconv.FormatFloat(at.Seconds(), 'g', 6, 64) + " s"})
	}
}

// faults packs the faults into rows, each into the first free one.
func (t *timeline) faults(f *figures) {
	var free []time.Duration
	for _, w := range f.windows[:min(len(f.windows), htmlFaults)] {
		label := named(w.Window)
		if to := whom(w.Fault); to != "" {
			label += " " + short(to, 60)
		}
		title := label + ", " + until(w.Window) + ", " + share(w.Calls) + " of calls succeeded"
		p := placed{percent(w.From, f.end), percent(w.To-w.From, f.end), harmOf(w.Fault.Fault).class, label, title}
		t.BandRects = append(t.BandRects, placed{Left: xOf(w.From, f.end), Width: xOf(w.To-w.From, f.end),
			Class: p.Class})
		row := slices.IndexFunc(free, func(until time.Duration) bool { return until <= w.From })
		if row < 0 && len(free) < timelineRows {
			row = len(free)
			free, t.Faults = append(free, 0), append(t.Faults, nil)
		}
		if row < 0 {
			t.Dropped++
			continue
		}
		free[row] = w.To
		t.Faults[row] = append(t.Faults[row], p)
	}
}

// rate draws calls a second, stacked by outcome.
func (t *timeline) rate(bins []bin, width time.Duration, f *figures) {
	top := 0
	for _, b := range bins {
		top = max(top, b.counts.Total())
	}
	scale := float64(roundUp(time.Duration(top)))
	if s := 2 * float64(top); scale > s/1.3 && float64(top)*1.2 < scale { // do not leave half of the chart empty
		scale = float64(top) * 1.1
	}
	t.RateTop = digits(scale/width.Seconds()) + "/s"
	var b strings.Builder
	below := make([]int, len(bins))
	for _, kind := range []history.Kind{history.Ok, history.Info, history.Fail} {
		above := make([]int, len(bins))
		some := false
		for i := range bins {
			n := of(bins[i].counts, kind)
			above[i] = below[i] + n
			some = some || n > 0
		}
		if some {
			fmt.Fprintf(&b, `<path class="%s" d="%s"/>`, kind, steps(below, above, scale, width, f.end))
		}
		below = above
	}
	t.Rate = template.HTML(b.String())
}

func of(c checker.Counts, kind history.Kind) int {
	switch kind {
	case history.Ok:
		return c.Ok
	case history.Fail:
		return c.Fail
	case history.Info, history.Invoke:
	}
	return c.Info
}

// steps is the outline of the area between two step lines.
func steps(below, above []int, scale float64, width, end time.Duration) string {
	var b strings.Builder
	y := func(n int) string { return num(rateHeight * (1 - float64(n)/scale)) }
	b.WriteString("M0 " + y(below[0]))
	for i, n := range above {
		b.WriteString("V" + y(n) + "H" + xOf(time.Duration(i+1)*width, end))
	}
	for i := len(below) - 1; i >= 0; i-- {
		b.WriteString("V" + y(below[i]) + "H" + xOf(time.Duration(i)*width, end))
	}
	return b.String() + "z"
}

// latency draws the median and the 99th percentile of the successful calls on a logarithmic scale.
// The script adds a point for each call, which shows the rest of the distribution.
func (t *timeline) latency(bins []bin, width time.Duration, f *figures) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, b := range bins {
		if b.longest > 0 {
			low = min(low, math.Log10(float64(b.shortest)))
			high = max(high, math.Log10(float64(b.longest)))
		}
	}
	if high < low {
		return
	}
	low, high = math.Floor(low), math.Ceil(high)
	if high == low {
		high++
	}
	t.Data.Low, t.Data.High = low, high
	y := func(d time.Duration) float64 {
		return latencyHeight * (1 - (math.Log10(max(1, float64(d)))-low)/(high-low))
	}
	for decade := low; decade <= high; decade++ {
		d := time.Duration(math.Pow(10, decade))
		t.LatTicks = append(t.LatTicks, placed{Left: num(100 * y(d) / latencyHeight), Text: decadeText(d)})
	}
	var b strings.Builder
	for _, line := range []struct {
		class string
		of    func(quantiles) time.Duration
	}{
		{"p99", func(q quantiles) time.Duration { return q.P99 }},
		{"p50", func(q quantiles) time.Duration { return q.P50 }},
	} {
		fmt.Fprintf(&b, `<path class="q %s" d="`, line.class)
		drawn := false
		for i := range bins {
			if bins[i].counts.Ok == 0 {
				drawn = false
				continue
			}
			move := "L"
			if !drawn {
				move = "M"
			}
			at := time.Duration(i)*width + width/2
			point := xOf(min(at, f.end), f.end) + " " + num(y(line.of(bins[i].q)))
			b.WriteString(move + point)
			if !drawn {
				b.WriteString("L" + point) // a lone point is a dot
			}
			drawn = true
		}
		b.WriteString(`"/>`)
	}
	t.Latency = template.HTML(b.String())
}

func decadeText(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	default:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
}

// nodes draws a lane for each node: its statuses, and what the faults did to it.
func (t *timeline) nodes(r *Run, f *figures) {
	ids := slices.Clone(r.Nodes)
	said := map[history.NodeID][]StatusAt{}
	for _, s := range r.Statuses {
		said[s.Node] = append(said[s.Node], s)
		if !slices.Contains(ids, s.Node) {
			ids = append(ids, s.Node)
		}
	}
	ids = ids[:min(len(ids), timelineNodes)]
	for _, id := range ids {
		room := timelineSegments / len(ids)
		lane := nodeLane{Node: short(plain(string(id)), 12)}
		var b strings.Builder
		var labelled []segment // that have a label
		for _, s := range segments(said[id], f.end, room) {
			fmt.Fprintf(&b, `<rect class="%s" x="%s" width="%s"%s><title>%s</title></rect>`, s.class(),
				xOf(s.Time, f.end), num(max(1, timelineWidth*float64(s.to-s.Time)/float64(f.end))), s.level(),
				template.HTMLEscapeString(s.title()))
			if s.leads() && len(lane.Labels) < timelineLabels && float64(s.to-s.Time) > 0.004*float64(f.end) {
				labelled = append(labelled, s)
				lane.Labels = append(lane.Labels, placed{Left: percent(s.Time, f.end),
					Width: percent(s.to-s.Time, f.end), Text: "term " + strconv.FormatUint(s.Term, 10)})
			}
		}
		drawn := 0
		for _, w := range f.windows {
			h, what, shows := suffers(w.Window, id)
			if !shows || drawn == room {
				continue
			}
			drawn++
			if !slices.Contains(t.Harms, harmKey{h.class, h.kind(), h.did}) {
				t.Harms = append(t.Harms, harmKey{h.class, h.kind(), h.did})
			}
			y, height := h.box()
			fmt.Fprintf(&b, `<rect class="harm %s %s" x="%s" width="%s" y="%d" height="%d"><title>%s</title></rect>`,
				h.kind(), h.class, xOf(w.From, f.end), num(max(1, timelineWidth*float64(w.To-w.From)/float64(f.end))),
				y, height,
				template.HTMLEscapeString(plain(string(id))+" "+what+", "+until(w.Window)+" ("+named(w.Window)+")"))
			// A node that is to crash may go on for long, and its work until then is in the lane
			// already.
			covered := slices.ContainsFunc(labelled, func(s segment) bool {
				return 2*(min(s.to, w.To)-max(s.Time, w.From)) > min(s.to-s.Time, w.To-w.From)
			})
			if h.row == 0 && !covered && len(lane.Labels) < timelineLabels &&
				float64(w.To-w.From) > 0.004*float64(f.end) {
				lane.Labels = append(lane.Labels, placed{Left: percent(w.From, f.end),
					Width: percent(w.To-w.From, f.end), Class: "harmed", Text: what})
			}
		}
		lane.Shape = template.HTML(b.String())
		t.Nodes = append(t.Nodes, lane)
	}
	place := func(k harmKey) int { return slices.IndexFunc(harms, func(h harm) bool { return h.class == k.Class }) }
	slices.SortStableFunc(t.Harms, func(a, b harmKey) int { return place(a) - place(b) })
}

// segment is a status with the time until the node's next.
type segment struct {
	StatusAt
	to time.Duration
}

// segments joins statuses that look alike and, if they fill half of the room, those too short to
// be seen with the next. A status without room prolongs the last.
func segments(said []StatusAt, end time.Duration, room int) []segment {
	var all []segment
	for _, s := range said {
		if s.Time > end {
			break
		}
		if n := len(all); n > 0 {
			last := &all[n-1]
			last.to = s.Time
			next := segment{StatusAt: s}
			if last.Up == s.Up && last.class() == next.class() && last.Term == s.Term {
				continue
			}
			if last.to-last.Time < end/2000 && n > room/2 {
				all[n-1].StatusAt = s
				continue
			}
			if n == room {
				continue
			}
		}
		all = append(all, segment{StatusAt: s, to: end})
	}
	if n := len(all); n > 0 {
		all[n-1].to = end
	}
	return all
}

func (s *segment) class() string {
	switch {
	case !s.Up:
		return "silent"
	case s.leads():
		return "leader"
	case s.Role == "candidate" || strings.Contains(s.Role, "candidate"):
		return "candidate"
	case s.inDoubt():
		return "doubt"
	default:
		return "follower"
	}
}

// level is the height of the bar, so that roles differ in shape as well as in colour.
func (s *segment) level() string {
	switch s.class() {
	case "leader", "silent":
		return ` y="2" height="18"`
	case "candidate", "doubt":
		return ` y="6" height="10"`
	default:
		return ` y="9" height="4"`
	}
}

func (s *segment) title() string {
	role := cmp.Or(plain(s.Role), "up")
	if !s.Up {
		role = "does not answer"
	}
	text := fmt.Sprintf("%s %s, %s to %s", plain(string(s.Node)), role, clock(s.Time, 3), clock(s.to, 3))
	if s.Up {
		text += fmt.Sprintf(", term %d, commit %d", s.Term, s.Commit)
	}
	return text
}

func (t *timeline) data(bins []bin, width time.Duration, f *figures) {
	t.Data.End, t.Data.Bin, t.Data.Faults = f.end.Seconds(), width.Seconds(), []dataFault{}
	ms := func(d time.Duration) float64 { return math.Round(float64(d)/1e3) / 1e3 }
	for _, b := range bins {
		t.Data.Rate = append(t.Data.Rate, [3]int{b.counts.Ok, b.counts.Fail, b.counts.Info})
		lat := []float64{}
		if b.counts.Ok > 0 {
			lat = []float64{ms(b.q.P50), ms(b.q.P95), ms(b.q.P99), ms(b.q.Max)}
		}
		t.Data.Lat = append(t.Data.Lat, lat)
	}
	for _, w := range f.windows[:min(len(f.windows), htmlFaults)] {
		t.Data.Faults = append(t.Data.Faults, dataFault{named(w.Window), w.From.Seconds(), w.To.Seconds()})
	}
}
