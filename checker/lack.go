package checker

import (
	"fmt"
	"regexp"
	"time"

	"github.com/splitvote/splitvote/history"
)

// lack says why calls did not succeed, in a history in which too few did: since when none has, and
// how most of the others ended. It is "" where at least half of the calls succeeded: then there was
// only too little to do.
func lack(h *history.History) string {
	calls, ok := 0, 0
	last, end := time.Duration(0), time.Duration(0) // of the latest success, and of the latest invocation
	times, said := map[string]int{}, map[string]string{}
	most := ""
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis {
			continue
		}
		calls++
		end = max(end, op.Time)
		done := h.Completion(c)
		if h.Kind(c) == history.Ok {
			ok++
			last = max(last, done.Time)
			continue
		}
		how, text := "no answer", "no answer"
		if done != nil {
			text = done.Err
			how = number.ReplaceAllString(text, "0") // one error, wherever it was met
		}
		if times[how]++; times[how] == 1 {
			said[how] = text
		}
		if text != "" && times[how] > times[most] {
			most = how
		}
	}
	if 2*ok >= calls {
		return ""
	}
	why := fmt.Sprintf("%d of %d calls did not succeed", calls-ok, calls)
	if n := times[most]; n > 0 {
		why += fmt.Sprintf(", %d of them as this one: %.200s", n, said[most])
	}
	if ok > 0 && end-last > end/5 {
		why = fmt.Sprintf("no progress since %v of %v; ", round(last), round(end)) + why
	}
	return why
}

var number = regexp.MustCompile(`\d+`)

func round(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
