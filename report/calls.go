package report

import (
	"encoding/json"
	"strings"

	"github.com/splitvote/splitvote/history"
)

// The calls that the page carries for its script, which draws each of them (R4).
const (
	chartCalls = 20_000 // at most
	chartText  = 40     // characters of a call's argument and answer

	chartMarkup = 200 // bytes around the calls in the page
)

// callChart holds calls as columns in the order of their invocations, which keeps 20,000 of them
// small. Names are indices into the lists at the top. Times are whole microseconds.
type callChart struct {
	Calls []string `json:"calls"`
	Keys  []string `json:"keys"`
	Nodes []string `json:"nodes"`

	Op      []int          `json:"op"`      // index of the invocation, counted from that of the call before
	Done    []int          `json:"done"`    // index of the completion, counted from the invocation; 0 without one
	From    []int64        `json:"from"`    // time of the invocation, counted from that of the call before
	Took    []int64        `json:"took"`    // -1 without a completion
	Process []int          `json:"process"` // the client
	Call    []int          `json:"call"`
	Key     []int          `json:"key"`
	Node    []int          `json:"node"`
	Kind    string         `json:"kind"` // a letter for each call: o, f or i
	What    []string       `json:"what"` // argument and answer, without the call's name and key
	Err     map[int]string `json:"err"`
	Marked  map[int]int    `json:"marked"` // the number of the violation that a call belongs to

	Missing int `json:"missing"` // calls left out
}

// newCallChart takes the calls around the first violation, or from the beginning, up to room
// bytes; nil if no call fits.
func newCallChart(h *history.History, told []violation, room int) *callChart {
	var calls []history.Call
	marked := map[int]int{} // by index of the invocation
	for i, v := range told[:min(len(told), htmlPictures)] {
		for _, r := range v.Rows {
			if marked[r.Index] == 0 {
				marked[r.Index] = i + 1
			}
		}
	}
	middle := 0
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis {
			continue
		}
		if marked[op.Index] == 1 {
			middle = len(calls)
		}
		calls = append(calls, c)
	}
	for n := min(chartCalls, len(calls)); n > 0; n = n * 3 / 4 {
		from := max(0, min(middle-n/2, len(calls)-n))
		chart := tabulate(h, calls[from:from+n], marked)
		chart.Missing = len(calls) - n
		if data, err := json.Marshal(chart); err == nil && len(data)+chartMarkup <= room {
			return chart
		}
	}
	return nil
}

func tabulate(h *history.History, calls []history.Call, marked map[int]int) *callChart {
	chart := &callChart{Err: map[int]string{}, Marked: map[int]int{}}
	names := map[string]int{} // indices of all three lists, told apart by a first letter
	place := func(list *[]string, kind, name string) int {
		i, seen := names[kind+name]
		if !seen {
			i = len(*list)
			names[kind+name] = i
			*list = append(*list, short(plain(name), chartText))
		}
		return i
	}
	var kinds strings.Builder
	op, at := 0, int64(0)
	for i, c := range calls {
		asked, done, kind := h.Invocation(c), h.Completion(c), h.Kind(c)
		node, took, ended, failure := asked.Node, int64(-1), 0, ""
		if done != nil {
			took, ended, failure = (done.Time - asked.Time).Microseconds(), done.Index-asked.Index, done.Err
			if done.Node != "" {
				node = done.Node
			}
		}
		now := asked.Time.Microseconds()
		chart.Op, chart.From = append(chart.Op, asked.Index-op), append(chart.From, now-at)
		op, at = asked.Index, now
		chart.Done, chart.Took = append(chart.Done, ended), append(chart.Took, took)
		chart.Process = append(chart.Process, int(asked.Process))
		chart.Call = append(chart.Call, place(&chart.Calls, "f", asked.F))
		chart.Key = append(chart.Key, place(&chart.Keys, "k", asked.Key))
		chart.Node = append(chart.Node, place(&chart.Nodes, "n", string(node)))
		kinds.WriteByte(kind.String()[0])
		what := strings.TrimPrefix(strings.TrimPrefix(describe(asked, done, asked.Key), plain(asked.F)), " ")
		chart.What = append(chart.What, short(what, chartText))
		if failure != "" {
			chart.Err[i] = short(plain(failure), 2*chartText)
		}
		if v := marked[asked.Index]; v > 0 {
			chart.Marked[i] = v
		}
	}
	chart.Kind = kinds.String()
	return chart
}
