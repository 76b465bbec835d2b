package experiment

import (
	"cmp"
	"fmt"

	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
)

// tracedCalls is how many calls a plan may write out for its report to show every message: more
// could not be read.
const tracedCalls = 100

// exchanges collects what the nodes of a simulated cluster say to each other.
type exchanges struct {
	list   []report.Exchange
	number map[uint64]int // places in the list, by the number of the message
}

// hear takes one event of the simulator.
func (x *exchanges) hear(e sim.Event) {
	switch e.What {
	case sim.Sent:
		if x.number == nil {
			x.number = map[uint64]int{}
		}
		x.number[e.Number] = len(x.list)
		x.list = append(x.list, report.Exchange{At: e.At, From: e.From, To: e.To, Text: fmt.Sprint(e.Body)})
	case sim.Delivered:
		if i, sent := x.number[e.Number]; sent && x.list[i].Arrived == 0 { // a repetition comes later
			x.list[i].Arrived = e.At
		}
	case sim.Dropped:
		if i, sent := x.number[e.Number]; sent {
			x.list[i].Lost = e.Why
		}
	case sim.Retried:
		client := history.NodeID("p" + e.Client.String())
		x.list = append(
			x.list,
			report.Exchange{
				At:      e.At,
				From:    e.From,
				To:      client,
				Arrived: e.At,
				Client:  true,
				Text:    cmp.Or(e.Why, "not served"),
			},
			report.Exchange{
				At:      e.At + e.Wait,
				From:    client,
				To:      e.To,
				Arrived: e.At + e.Wait,
				Client:  true,
				Text:    "asks again",
			},
		)
	default:
		x.list = append(x.list, report.Exchange{At: e.At, From: e.From, Text: e.What.String()})
	}
}
