package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/splitvote/splitvote/history"
)

// The picture of a violation has a lane for each process and a bar for each call, with time from
// left to right. What matters is which call ended before which began, so time is stretched until
// every bar holds its label, and any two moments keep their order.
const (
	pictureOps    = htmlFirst // bars; a violation with more is explained in words only
	pictureFaults = 6
	pictureWidth  = 880.0 // of the lanes, at least
	gutter        = 66.0  // left of them, for the processes
	laneHeight    = 52.0
	barHeight     = 38.0
	glyph         = 7.0 // width of a character of a label
)

// drawing is the picture under construction.
type drawing struct {
	strings.Builder
	rows      []row
	lanes     []string        // processes from top to bottom
	times     []time.Duration // moments, sorted
	xs        []float64       // their positions
	top       float64         // of the first lane
	bands     []windowFigures
	marks     map[int]int
	v         *violation
	height    float64
	linked    map[string]bool // classes of links drawn
	conflicts int
}

func picture(v *violation, marks map[int]int, f *figures) (drawn template.HTML, keys []pageFact) {
	if len(v.Rows) == 0 {
		return "", nil
	}
	d := &drawing{linked: map[string]bool{}, v: v, marks: marks, rows: v.Rows[:min(len(v.Rows), pictureOps)]}
	for _, i := range v.Active[:min(len(v.Active), pictureFaults)] {
		d.bands = append(d.bands, f.windows[i])
	}
	for _, r := range d.rows {
		if !slices.Contains(d.lanes, r.Process) {
			d.lanes = append(d.lanes, r.Process)
		}
	}
	d.stretch()
	levels := d.ticks(false)
	d.top = 8 + 15*float64(levels) + 21*float64(len(d.bands)) + 8
	d.height = d.top + laneHeight*float64(len(d.lanes)) + 6
	fmt.Fprintf(d, `<svg class="picture" viewBox="0 0 %s %s" style="min-width:%spx" role="img" aria-label="%s">`,
		num(d.width()), num(d.height), num(math.Min(d.width(), 720)), html.EscapeString(d.spoken()))
	d.faults()
	d.ticks(true)
	d.tracks()
	d.links()
	d.bars()
	d.WriteString(`</svg>`)
	return template.HTML(d.String()), d.keys()
}

// linkKeys explain the lines between bars.
var linkKeys = []pageFact{{"before", "ended before the other began"}, {"reads", "wrote the value that the other read"},
	{"conflict", "conflict, while both were under way"}}

func (d *drawing) keys() []pageFact {
	var keys []pageFact
	for _, k := range linkKeys {
		if d.linked[k.Name] {
			keys = append(keys, k)
		}
	}
	return keys
}

func (d *drawing) width() float64 { return gutter + d.xs[len(d.xs)-1] + 12 }

// spoken is the picture in words.
func (d *drawing) spoken() string {
	var said []string
	for _, r := range d.rows {
		said = append(said, fmt.Sprintf("#%d %s %s, %s, from %s to %s on %s", r.Index, r.Process, short(r.What, 60),
			r.Kind, r.Start, r.End, r.Node))
	}
	return short(plain(d.v.Summary), htmlText) + ": " + strings.Join(said, "; ")
}

// open reports whether a call's outcome is unknown: it may take effect at any later time.
func (r *row) open() bool { return r.To == history.Forever }

// labels returns the two lines of a bar.
func (r *row) labels() (string, string) {
	second := "#" + strconv.Itoa(r.Index) + " " + r.Kind.String()
	if r.Node != "" {
		second += " " + short(string(r.Node), 14)
	}
	return short(r.What, 34), second
}

func (r *row) need() float64 {
	a, b := r.labels()
	return glyph*float64(max(len([]rune(a)), len([]rune(b)))) + 18
}

// stretch finds the moments and places them.
func (d *drawing) stretch() {
	open := false
	for _, r := range d.rows {
		d.times = append(d.times, r.From, r.lasted())
		open = open || r.open()
	}
	first, last := slices.Min(d.times), slices.Max(d.times)
	for _, w := range d.bands {
		for _, t := range []time.Duration{w.From, w.To} {
			if first < t && t < last {
				d.times = append(d.times, t)
			}
		}
	}
	slices.Sort(d.times)
	d.times = slices.Compact(d.times)
	if len(d.times) == 1 {
		d.times = append(d.times, d.times[0]+1)
	}
	gaps := make([]float64, len(d.times)-1)
	total := 0.0
	for i := range gaps {
		gaps[i] = math.Sqrt(float64(d.times[i+1] - d.times[i]))
		total += gaps[i]
	}
	for i := range gaps {
		gaps[i] = 26 + 420*gaps[i]/total
	}
	sum := func(from, to int) (s float64) {
		for _, g := range gaps[from:to] {
			s += g
		}
		return s
	}
	for _, r := range d.rows {
		from, _ := slices.BinarySearch(d.times, r.From)
		to, _ := slices.BinarySearch(d.times, r.lasted())
		if from == to {
			to++ // an instantaneous call still has a bar
		}
		if to >= len(d.times) {
			continue
		}
		if lack := r.need() - sum(from, to); lack > 0 {
			for i := from; i < to; i++ {
				gaps[i] += lack / float64(to-from)
			}
		}
	}
	if all := sum(0, len(gaps)); all < pictureWidth {
		for i := range gaps {
			gaps[i] *= pictureWidth / all
		}
	}
	d.xs = []float64{20}
	for i, g := range gaps {
		d.xs = append(d.xs, d.xs[i]+g)
	}
	tail := 20.0
	if open {
		tail = 70 // room for what may happen later
	}
	for _, r := range d.rows {
		if r.lasted() == d.times[len(d.times)-1] && r.From == r.lasted() {
			tail = max(tail, r.need())
		}
	}
	d.times = append(d.times, history.Forever)
	d.xs = append(d.xs, d.xs[len(d.xs)-1]+tail)
}

// x returns where a moment is drawn. Moments outside the picture are at its edges.
func (d *drawing) x(t time.Duration) float64 {
	i, found := slices.BinarySearch(d.times, t)
	switch {
	case found:
		return gutter + d.xs[i]
	case i == 0:
		return gutter
	case i >= len(d.times)-1:
		return gutter + d.xs[len(d.xs)-1]
	}
	part := float64(t-d.times[i-1]) / float64(d.times[i]-d.times[i-1])
	return gutter + d.xs[i-1] + part*(d.xs[i]-d.xs[i-1])
}

// ticks writes the times above the lanes, on several levels so that they do not overlap, and
// returns the number of levels.
func (d *drawing) ticks(draw bool) int {
	labels := map[time.Duration]string{}
	for _, r := range d.rows {
		labels[r.From] = r.Start
		if !r.open() {
			labels[r.To] = r.End
		}
	}
	var ends [3]float64
	levels := 0
	for _, t := range d.times {
		label, ok := labels[t]
		if !ok {
			continue
		}
		x := d.x(t)
		half := 3.1 * float64(len(label))
		middle := math.Min(x, d.width()-half) // the last is not cut off at the edge
		for level := range ends {
			if middle-half < ends[level] {
				continue
			}
			ends[level] = middle + half + 8
			levels = max(levels, level+1)
			if draw {
				fmt.Fprintf(d, `<line class="tick" x1="%s" x2="%s" y1="%s" y2="%s"/>`, num(x), num(x),
					num(16+15*float64(level)), num(d.height))
				fmt.Fprintf(d, `<text class="time" x="%s" y="%s" text-anchor="middle">%s</text>`, num(middle),
					num(13+15*float64(level)), html.EscapeString(label))
			}
			break
		}
	}
	return levels
}

// faults draws a band for each fault that was on, with its name above the lanes.
func (d *drawing) faults() {
	for i, w := range d.bands {
		from, to := d.x(w.From), d.x(w.To)
		if w.To > d.times[len(d.times)-2] {
			to = d.width()
		}
		y := d.top - 8 - 21*float64(len(d.bands)-i)
		class := harmOf(w.Fault.Fault).class
		label := named(w.Window) + " " + whom(w.Fault) + ", " + until(w.Window)
		fmt.Fprintf(d, `<g class="%s"><title>%s</title><rect class="band" x="%s" y="%s" width="%s" height="%s"/>`,
			class, html.EscapeString(label), num(from), num(y), num(to-from), num(d.height-y))
		fmt.Fprintf(d, `<rect class="strip" x="%s" y="%s" width="%s" height="18" rx="3"/>`, num(from), num(y),
			num(to-from))
		room := int((to - from - 12) / 6.4)
		if room > 4 {
			fmt.Fprintf(d, `<text class="fault" x="%s" y="%s">%s</text>`, num(from+6), num(y+13),
				html.EscapeString(short(label, room)))
		}
		d.WriteString(`</g>`)
	}
}

// tracks draws the lanes.
func (d *drawing) tracks() {
	for i, lane := range d.lanes {
		y := d.top + laneHeight*(float64(i)+0.5)
		fmt.Fprintf(d, `<line class="lane" x1="%s" x2="%s" y1="%s" y2="%s"/>`, num(gutter), num(d.width()), num(y),
			num(y))
		fmt.Fprintf(d, `<text class="process" x="%s" y="%s" text-anchor="end">%s</text>`, num(gutter-10), num(y+4),
			html.EscapeString(lane))
	}
}

// box returns where a call's bar is: left, right, middle.
func (d *drawing) box(r *row) (left, right, y float64) {
	left, right = d.x(r.From), d.x(r.lasted())
	if r.open() {
		right = d.width() - 12 // room for its mark
	}
	right = max(right, left+min(r.need(), d.width()-left-2))
	if !r.open() && r.From != r.lasted() {
		right = max(left+4, d.x(r.lasted()))
	}
	return left, right, d.top + laneHeight*(float64(slices.Index(d.lanes, r.Process))+0.5)
}

func (d *drawing) bars() {
	for i := range d.rows {
		r := &d.rows[i]
		left, right, y := d.box(r)
		class := "bar " + r.Kind.String()
		if d.marks[r.Index] > 0 {
			class += " marked"
		}
		if r.open() {
			class += " open"
		}
		first, second := r.labels()
		fmt.Fprintf(d, `<g class="%s"><title>%s</title>`, class,
			html.EscapeString(fmt.Sprintf("#%d %s %s, %s, %s – %s %s %s", r.Index, r.Process, short(r.What, htmlText),
				r.Kind, r.Start, r.End, r.Node, short(r.Err, 80))))
		fmt.Fprintf(d, `<rect x="%s" y="%s" width="%s" height="%s" rx="6"/>`, num(left), num(y-barHeight/2),
			num(right-left), num(barHeight))
		fmt.Fprintf(d, `<text class="what" x="%s" y="%s">%s</text>`, num(left+9), num(y-2), html.EscapeString(first))
		fmt.Fprintf(d, `<text class="which" x="%s" y="%s">%s</text>`, num(left+9), num(y+12), html.EscapeString(second))
		if r.open() {
			fmt.Fprintf(d, `<text class="which" x="%s" y="%s" text-anchor="end">may still happen →</text>`,
				num(right-6), num(y+12))
		}
		if n := d.marks[r.Index]; n > 0 {
			fmt.Fprintf(d,
				`<circle class="mark" cx="%s" cy="%s" r="9"/><text class="mark" x="%s" y="%s" text-anchor="middle">%d</text>`, num(right-2), num(y-barHeight/2), num(right-2), num(y-barHeight/2+4), n)
		}
		d.WriteString(`</g>`)
	}
}

// mention finds operations named in a sentence.
var mention = regexp.MustCompile(`#(\d+)`)

// links draws which call read whose value and, for operations that a sentence names together,
// which ended before the other began, or that they conflict.
func (d *drawing) links() {
	type pair struct{ a, b int }
	drawn := map[pair]bool{}
	at := map[int]int{}
	for i, r := range d.rows {
		at[r.Index] = i
	}
	for i := range d.rows {
		if j := source(d.rows, i); j >= 0 {
			drawn[pair{j, i}] = true
			d.reads(&d.rows[j], &d.rows[i])
		}
	}
	for _, claim := range d.v.Why {
		i, ok := at[claim.Op]
		if !ok {
			continue
		}
		for _, m := range mention.FindAllStringSubmatch(claim.Text, -1) {
			n, err := strconv.Atoi(m[1])
			j, ok := at[n]
			if err != nil || !ok || i == j {
				continue
			}
			a, b := min(i, j), max(i, j)
			if drawn[pair{a, b}] {
				continue
			}
			drawn[pair{a, b}] = true
			d.relate(&d.rows[a], &d.rows[b])
		}
	}
}

// reads leads from the writer down (or up) to the reader's lane, and along it; that way it crosses
// few bars.
func (d *drawing) reads(w, r *row) {
	left, right, y := d.box(w)
	to, _, yTo := d.box(r)
	side := 1.0
	if yTo < y {
		side = -1
	}
	x1, y1 := left+min(22, (right-left)/2), y+side*barHeight/2
	const bend = 14
	if y != yTo && left <= to && to+20 < right { // the reader began meanwhile: straight down
		d.link("reads", fmt.Sprintf("M%s %sV%s", num(to+14), num(y1), num(yTo-side*barHeight/2)),
			head(to+14, yTo-side*barHeight/2, 0, side))
		return
	}
	if y == yTo || to < x1+2*bend {
		x2, y2 := max(x1, to+16), yTo-side*barHeight/2
		if y == yTo {
			y2 = y1
		}
		d.link("reads", fmt.Sprintf("M%s %sC%s %s %s %s %s %s", num(x1), num(y1), num(x1), num(y1+side*26), num(x2),
			num(y2+side*26*sign(y == yTo)), num(x2), num(y2)), head(x2, y2, 0, side*-sign(y == yTo)))
		return
	}
	y2 := yTo + side*9 // beside the middle, where the order of the calls is drawn
	d.link("reads", fmt.Sprintf("M%s %sV%sQ%s %s %s %sH%s", num(x1), num(y1), num(y2-side*bend), num(x1), num(y2),
		num(x1+bend), num(y2), num(to)), head(to, y2, 1, 0))
}

// sign is 1 for yes and -1 for no.
func sign(yes bool) float64 {
	if yes {
		return 1
	}
	return -1
}

func (d *drawing) relate(a, b *row) {
	_, right, y := d.box(a)
	left, _, yTo := d.box(b)
	if !a.ended(b) {
		d.conflict(a, b)
		return
	}
	bend := max(14, (left-right)/2)
	d.link("before", fmt.Sprintf("M%s %sC%s %s %s %s %s %s", num(right), num(y), num(right+bend), num(y),
		num(left-bend), num(yTo), num(left), num(yTo)), head(left, yTo, 1, 0))
}

// conflict joins two bars that overlap in time by a line from edge to edge.
func (d *drawing) conflict(a, b *row) {
	left, right, y := d.box(a)
	otherLeft, otherRight, yTo := d.box(b)
	x := (max(left, otherLeft)+min(right, otherRight))/2 + 16*float64(d.conflicts)
	d.conflicts++
	side := barHeight / 2
	if yTo < y {
		side = -side
	}
	y, yTo = y+side, yTo-side
	dots := fmt.Sprintf(`<circle cx="%s" cy="%s" r="3.5"/><circle cx="%s" cy="%s" r="3.5"/>`, num(x), num(y), num(x),
		num(yTo))
	d.link("conflict", fmt.Sprintf("M%s %sV%s", num(x), num(y), num(yTo)), dots)
}

func (d *drawing) link(class, path, head string) {
	d.linked[class] = true
	fmt.Fprintf(d, `<g class="link %s"><path d="%s"/>%s</g>`, class, path, head)
}

// head is an arrow's head at x, y that points in the direction dx, dy, one of which is 0.
func head(x, y, dx, dy float64) string {
	const long, half = 7, 4
	bx, by := x-dx*long, y-dy*long
	return fmt.Sprintf(`<polygon points="%s,%s %s,%s %s,%s"/>`, num(x), num(y), num(bx+dy*half), num(by+dx*half),
		num(bx-dy*half), num(by-dx*half))
}

// num writes a coordinate with one decimal at most.
func num(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }
