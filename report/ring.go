package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// The drawing of a cycle of transactions has a box for each on an ellipse, and an arrow to whatever
// it comes before.
const (
	ringNodes  = htmlFirst // a longer cycle is told in words alone
	ringBox    = 250.0     // width of a box
	ringHeight = 40.0
	ringChars  = 33 // of what a box says
)

// ringKeys say what the arrows mean.
var ringKeys = []pageFact{
	{"ww", "ww: wrote what the other then overwrote or appended to"},
	{"wr", "wr: wrote what the other read"},
	{"rw", "rw: read what the other then overwrote or appended to"},
	{"rwp", "rwp: read all keys and did not find one that the other then wrote"},
	{"process", "process: came before the other in its session"},
	{"realtime", "realtime: ended before the other began"},
}

type point struct{ x, y float64 }

// ring draws the cycle of a violation, nothing if it has none or one with transactions that are
// not shown.
func ring(v *violation, marks map[int]int) (drawn template.HTML, keys []pageFact) {
	var nodes []int
	for _, d := range v.Cycle {
		if !slices.Contains(nodes, d.From) {
			nodes = append(nodes, d.From)
		}
	}
	known := func(op int) bool {
		return slices.Contains(nodes, op) && slices.ContainsFunc(v.Rows, func(r row) bool { return r.Index == op })
	}
	if len(nodes) < 2 || len(nodes) > ringNodes ||
		slices.ContainsFunc(v.Cycle, func(d checker.Dependency) bool { return !known(d.From) || !known(d.To) }) {
		return "", nil
	}
	at, width, height := ellipse(nodes)
	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg class="picture ring" viewBox="0 0 %s %s" style="min-width:560px;max-width:%spx" role="img" aria-label="%s">`, num(width), num(height), num(width), html.EscapeString(ringSpoken(v.Cycle)))
	for _, d := range v.Cycle {
		arrow(&b, at[d.From], at[d.To], d)
	}
	for _, r := range v.Rows {
		if p, ok := at[r.Index]; ok {
			box(&b, p, &r, marks[r.Index])
		}
	}
	b.WriteString(`</svg>`)
	for _, k := range ringKeys {
		if slices.ContainsFunc(v.Cycle, func(d checker.Dependency) bool { return d.Kind == k.Name }) {
			keys = append(keys, k)
		}
	}
	return template.HTML(b.String()), keys
}

// ringSpoken is the drawing in words.
func ringSpoken(cycle []checker.Dependency) string {
	var said []string
	for _, d := range cycle {
		said = append(said, fmt.Sprintf("#%d %s #%d", d.From, arrowText(d), d.To))
	}
	return strings.Join(said, ", ")
}

func arrowText(d checker.Dependency) string {
	return short(plain(strings.TrimSpace(d.Kind+" "+d.Label)), 24)
}

// ellipse gives every transaction its place, the first at the left, and says how large the drawing
// is.
func ellipse(nodes []int) (at map[int]point, width, height float64) {
	n := float64(len(nodes))
	rx, ry := 225+12*n, 30*n
	if len(nodes) == 2 {
		ry = 30
	}
	width, height = 2*rx+ringBox+24, 2*ry+ringHeight+26
	at = map[int]point{}
	for i, op := range nodes {
		angle := math.Pi + 2*math.Pi*float64(i)/n
		at[op] = point{width/2 + rx*math.Cos(angle), height/2 + ry*math.Sin(angle)}
	}
	return at, width, height
}

// arrow leads from one box to another on a bow, so that two between the same boxes lie apart.
func arrow(b *strings.Builder, from, to point, d checker.Dependency) {
	dx, dy := to.x-from.x, to.y-from.y
	bow := 0.16
	control := point{(from.x+to.x)/2 + bow*dy, (from.y+to.y)/2 - bow*dx}
	start, end := edgeOf(from, control, 0), edgeOf(to, control, 7)
	tip := edgeOf(to, control, 0)
	angle := math.Atan2(to.y-control.y, to.x-control.x) * 180 / math.Pi
	middle := point{(start.x + 2*control.x + end.x) / 4, (start.y + 2*control.y + end.y) / 4}
	fmt.Fprintf(b,
		`<g class="link %s"><path d="M%s %sQ%s %s %s %s"/><polygon points="0,0 -9,4.5 -9,-4.5" transform="translate(%s %s) rotate(%s)"/></g>`, dependencyClass(d.Kind), num(start.x), num(start.y), num(control.x), num(control.y), num(end.x), num(end.y), num(tip.x), num(tip.y), num(angle))
	fmt.Fprintf(b, `<text class="dependency" x="%s" y="%s" text-anchor="middle">%s</text>`, num(middle.x),
		num(middle.y+4), html.EscapeString(arrowText(d)))
}

// edgeOf is where the line from a box's middle to another point leaves the box, and some way
// further.
func edgeOf(middle, toward point, further float64) point {
	dx, dy := toward.x-middle.x, toward.y-middle.y
	length := math.Hypot(dx, dy)
	if length == 0 {
		return middle
	}
	out := math.Min(ringBox/2/math.Max(math.Abs(dx), 1e-9), ringHeight/2/math.Max(math.Abs(dy), 1e-9))
	out += further / length
	return point{middle.x + out*dx, middle.y + out*dy}
}

func box(b *strings.Builder, p point, r *row, mark int) {
	left, top := p.x-ringBox/2, p.y-ringHeight/2
	class := "bar " + r.Kind.String()
	if r.To == history.Forever {
		class += " open"
	}
	fmt.Fprintf(b, `<g class="%s"><title>%s</title><rect x="%s" y="%s" width="%s" height="%s" rx="6"/>`, class,
		html.EscapeString(fmt.Sprintf("#%d %s %s, %s – %s", r.Index, r.Process, short(r.What, htmlText), r.Start,
			r.End)),
		num(left), num(top), num(ringBox), num(ringHeight))
	fmt.Fprintf(b, `<text class="what" x="%s" y="%s">%s</text>`, num(left+9), num(p.y-3),
		html.EscapeString(short(strings.TrimPrefix(r.What, "txn "), ringChars)))
	fmt.Fprintf(b, `<text class="which" x="%s" y="%s">%s</text>`, num(left+9), num(p.y+12),
		html.EscapeString("#"+strconv.Itoa(r.Index)+" "+r.Process+" "+r.Kind.String()))
	if mark > 0 {
		fmt.Fprintf(b,
			`<circle class="mark" cx="%s" cy="%s" r="9"/><text class="mark" x="%s" y="%s" text-anchor="middle">%d</text>`, num(left+ringBox-2), num(top), num(left+ringBox-2), num(top+4), mark)
	}
	b.WriteString(`</g>`)
}

// dependencyClass is the class of an arrow; a kind that nobody knows has none of its own.
func dependencyClass(kind string) string {
	if slices.ContainsFunc(ringKeys, func(k pageFact) bool { return k.Name == kind }) {
		return kind
	}
	return "before"
}
