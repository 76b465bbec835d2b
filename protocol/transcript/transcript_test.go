package transcript_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/transcript"
)

// herald broadcasts what it is asked and reports how often its clock has ticked.
type herald struct {
	config protocol.Config
	ticks  int
}

type news string

func (n news) String() string { return "news " + string(n) }

func (h *herald) Status() protocol.Status { return protocol.Status{} }

func (h *herald) Step(in protocol.Input) (out protocol.Output) {
	switch in := in.(type) {
	case protocol.Tick:
		h.ticks++
	case protocol.Propose:
		for _, id := range h.config.Members {
			if id != h.config.ID {
				out.Send = append(out.Send, protocol.Message{From: h.config.ID, To: id, Body: news(in.Command)})
			}
		}
		out.Persist = []protocol.Record{{Data: string(in.Command)}}
		out.Reply = []protocol.Reply{{ID: in.ID, Result: in.Command}}
	case protocol.Transfer:
		out.Reply = []protocol.Reply{{ID: in.ID, Outcome: protocol.Rejected, Reason: "no crown", Leader: in.To}}
	case protocol.Reconfigure:
		out.Reply = []protocol.Reply{{ID: in.ID, Outcome: protocol.Unknown,
			Reason: "+" + string(in.Add) + " -" + string(in.Remove)}}
	case protocol.Receive:
		if in.Message.Body == news("again") {
			out.Send = []protocol.Message{{From: h.config.ID, To: in.Message.From, Body: in.Message.Body}}
		}
	}
	return out
}

// wary is an invariant that rejects bad news.
type wary struct{}

func (wary) Restarted(protocol.NodeID, protocol.Core) error { return nil }

func (wary) After(_ protocol.NodeID, _ protocol.Core, in protocol.Input, _ *protocol.Output) error {
	if r, ok := in.(protocol.Receive); ok && r.Message.Body == news("bad") {
		return errors.New("W1: news are good")
	}
	return nil
}

var stage = transcript.Stage{
	Protocol: protocol.Protocol{
		New: func(c protocol.Config, _ []protocol.Record) (protocol.Core, error) {
			return &herald{config: c}, nil
		},
		Invariants: func() protocol.Invariants { return wary{} },
	},
	Machine: func() protocol.Machine { return nil },
	Request: func(words []string, _ int) ([]byte, bool, error) { return []byte(strings.Join(words, " ")), false, nil },
	Result:  func(data []byte) string { return "told " + string(data) },
	Describe: func(c protocol.Core, disk []protocol.Record) string {
		text := "ticks=" + strings.Repeat("|", c.(*herald).ticks)
		for _, r := range disk {
			text += " " + r.Data.(string)
		}
		return text
	},
}

// TestEveryCommand plays a transcript with wrong results and compares what replaces them.
func TestEveryCommand(t *testing.T) {
	got, err := stage.Play(`# What happens to news.
nodes a b c
ask a hello
tick 2 b
deliver a→b
----
wrong

repeat a→c
deliver
release
crash c
deliver
----

restart c
partition a,b c
ask c lost
heal
ask a bad
hold a→b
drop
wipe a
----

release
deliver 1 *→b
status
----

tick 1
----
`)
	if err != nil {
		t.Fatal(err)
	}
	want := `# What happens to news.
nodes a b c
ask a hello
tick 2 b
deliver a→b
----
a answers hello: told hello
a→b news hello
a ticks= hello
b ticks=||
c ticks=

repeat a→c
deliver
release
crash c
deliver
----
a→c news hello
a→c news hello  lost
c down

restart c
partition a,b c
ask c lost
heal
ask a bad
hold a→b
drop
wipe a
----
c answers lost: told lost
a answers bad: told bad
a→c news bad  lost
a ticks=
c ticks= lost

release
deliver 1 *→b
status
----
a→b news bad
b breaks W1: news are good
a ticks=
b ticks=||
c ticks= lost

tick 1
----
a ticks=|
b ticks=|||
c ticks=| lost
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A spare runs but is not a member, and nodes accept requests that are not a client's.
func TestSparesAndOrders(t *testing.T) {
	steps := 0
	watched := stage
	watched.Seen = func(protocol.NodeID, protocol.Input, protocol.Output) { steps++ }
	got, err := watched.Play(`nodes a b spare=c,d
ask c hello
transfer a b
add a c
remove c b
deliver
----
`)
	if err != nil {
		t.Fatal(err)
	}
	want := `nodes a b spare=c,d
ask c hello
transfer a b
add a c
remove c b
deliver
----
c answers hello: told hello
a answers transfer: rejected, no crown, try b
a answers add: unknown, +c -
c answers remove: unknown, + -b
c→a news hello
c→b news hello
a ticks=
b ticks=
c ticks= hello
d ticks=
`
	if diff := cmp.Diff(want, got); diff != "" || steps != 6 {
		t.Errorf("%d steps, want 6 (-want +got):\n%s", steps, diff)
	}
}

func TestWhatMakesNoSense(t *testing.T) {
	for command, why := range map[string]string{
		"dance":                           "transcript: dance: no such command",
		"crash d":                         "transcript: crash d: no such node",
		"tick":                            "transcript: tick: how many",
		"nodes a b\nadd a":                "transcript: add a: no such node",
		"nodes a b\nask a again\ndeliver": "transcript: deliver: it has no end",
	} {
		if _, err := stage.Play(command + "\n"); err == nil || err.Error() != why {
			t.Errorf("%q: %v, want %q", command, err, why)
		}
	}
}
