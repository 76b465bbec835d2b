package experiment

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// ControlTable prints what came of controls: a line for each workload and kind of lie.
type ControlTable struct {
	Out   io.Writer
	JSON  bool // print all of them at the end
	rows  []Control
	wrong []string
}

const controlRow = "%-12s %-16s %-8s %-12s %-6s %s\n"

func (t *ControlTable) keep(c Control) {
	t.rows = append(t.rows, c)
	if err := c.Err(); err != nil {
		t.wrong = append(t.wrong, err.Error())
	}
}

// Add prints a line.
func (t *ControlTable) Add(c Control) {
	if t.JSON {
		t.keep(c)
		return
	}
	if len(t.rows) == 0 {
		t.line("workload", "lie", "told in", "found in", "calls", "found by")
	}
	t.keep(c)
	by := strings.Join(c.By, ", ")
	switch {
	case c.Lie == "":
		t.line(c.Workload, "none (honest)", "", fmt.Sprintf("%d of %d", c.Invalid, c.Seeds), "", by)
	case c.Told == 0:
		t.line("", c.Lie, "0", "no occasion", "", c.Unnoticed())
	case c.Invalid == 0:
		t.line("", c.Lie, fmt.Sprint(c.Told), fmt.Sprintf("0 of %d", c.Told), "", c.Unnoticed())
	default:
		t.line("", c.Lie, fmt.Sprint(c.Told), fmt.Sprintf("%d of %d", c.Invalid, c.Told), fmt.Sprint(c.Calls), by)
	}
}

func (t *ControlTable) line(cells ...any) {
	io.WriteString(t.Out, strings.TrimRight(fmt.Sprintf(controlRow, cells...), " \n")+"\n")
}

// End prints what is left, and returns whether the judge was right every time: it accused no honest
// run, and missed no lie that the workload notices.
func (t *ControlTable) End() (right bool, err error) {
	switch {
	case t.JSON:
		enc := json.NewEncoder(t.Out)
		enc.SetIndent("", "  ")
		err = enc.Encode(t.rows)
	case len(t.wrong) > 0:
		_, err = fmt.Fprintln(t.Out, "\n"+strings.Join(t.wrong, "\n"))
	}
	return len(t.wrong) == 0, err
}
