package proxy_test

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/local/proxy"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/node/frame"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	nodes = []history.NodeID{"n1", "n2", "n3"}
	both  = history.Grudge{"n1": {"n2"}, "n2": {"n1"}}
)

// hosts are the nodes' listeners behind a network.
type hosts struct {
	*proxy.Network
	t      *testing.T
	listen map[history.NodeID]net.Listener
}

func open(t *testing.T, stream bool) hosts {
	t.Helper()
	h := hosts{t: t, listen: map[history.NodeID]net.Listener{}}
	addr := map[history.NodeID]string{}
	for _, n := range nodes {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		h.listen[n], addr[n] = l, l.Addr().String()
	}
	n, err := proxy.Listen(proxy.Config{Nodes: nodes, Addr: func(n history.NodeID) string {
		return addr[n]
	}, Stream: stream, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	h.Network = n
	return h
}

// end is one end of a connection.
type end struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

// dial connects from with to, and says hello.
func (h hosts) dial(from, to history.NodeID) (here, there end) {
	h.t.Helper()
	a, err := net.Dial("tcp", h.Addr(from, to))
	if err != nil {
		h.t.Fatal(err)
	}
	b, err := h.listen[to].Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range []net.Conn{a, b} {
		h.t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(10 * time.Second)) // so that a broken proxy fails the test instead of hanging it
	}
	here, there = end{h.t, a, bufio.NewReader(a)}, end{h.t, b, bufio.NewReader(b)}
	here.say(string(from))
	there.hears(string(from))
	return here, there
}

func (h hosts) cut(g history.Grudge) {
	h.t.Helper()
	if _, err := h.Cut(g); err != nil {
		h.t.Fatal(err)
	}
}

func (h hosts) behave(l cluster.Link) {
	h.t.Helper()
	if _, err := h.Behave(l); err != nil {
		h.t.Fatal(err)
	}
}

// took waits until gates have taken so many messages.
func (h hosts) took(what func() proxy.Loss, want uint64) {
	h.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); what().Messages < want; <-tick.C {
		if time.Now().After(deadline) {
			h.t.Fatalf("took %v, want %d messages", what(), want)
		}
	}
}

// say sends each text as a frame.
func (e end) say(texts ...string) {
	e.t.Helper()
	for _, text := range texts {
		if err := frame.Write(e, []byte(text)); err != nil {
			e.t.Fatal(err)
		}
	}
}

func (e end) read() (string, error) {
	text, err := frame.Read(e.r)
	return string(text), err
}

// hears reads as many frames as are wanted, and compares.
func (e end) hears(want ...string) {
	e.t.Helper()
	var got []string
	for range want {
		text, err := e.read()
		if err != nil {
			e.t.Fatalf("heard %q, then %v", got, err)
		}
		got = append(got, text)
	}
	if d := cmp.Diff(want, got); d != "" {
		e.t.Errorf("heard (-want +got):\n%s", d)
	}
}

// isOver reads the end of the connection.
func (e end) isOver() {
	e.t.Helper()
	text, err := e.read()
	var timeout net.Error
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		e.t.Errorf("read %q, %v, want the end of the connection", text, err)
	}
}

// numbers are frames by which order and copies can be told.
func numbers(n int) []string {
	var texts []string
	for i := range n {
		texts = append(texts, fmt.Sprintf("%04d", i))
	}
	return texts
}

func TestHonest(t *testing.T) {
	h := open(t, false)
	a, b := h.dial("n1", "n2")
	a.say("", "one", string(make([]byte, 1<<20)))
	b.hears("", "one", string(make([]byte, 1<<20)))
	b.say("back")
	a.hears("back")
	a.say("last words")
	a.Close()
	b.hears("last words")
	b.isOver()
}

// P2: a cut takes one direction, of old connections and new ones alike, and nothing else; what
// comes after it passes.
func TestCut(t *testing.T) {
	h := open(t, false)
	a, b := h.dial("n1", "n2")
	c, d := h.dial("n1", "n3")
	h.cut(history.Grudge{"n2": {"n1"}})
	e, f := h.dial("n1", "n2")
	a.say("lost", "lost too")
	e.say("lost as well")
	b.say("back")
	a.hears("back")
	c.say("elsewhere")
	d.hears("elsewhere")
	h.took(h.Lost, 3)
	h.cut(history.Grudge{"n3": {"n1"}}) // instead
	a.say("after")
	b.hears("after")
	c.say("lost")
	h.took(h.Lost, 4)
	if got, want := h.Heal(), (proxy.Loss{Links: 2, Bitten: 2, Messages: 4}); got != want {
		t.Errorf("the cuts took %+v, want %+v", got, want)
	} else if got.String() != "4 messages dropped on 2 of 2 links" {
		t.Errorf("in words, %s", got)
	}
	e.say("healed")
	f.hears("healed")
	c.say("healed")
	d.hears("healed")
	if got := h.Heal(); got != (proxy.Loss{}) {
		t.Errorf("no cut took %+v", got)
	}
}

// P2: while a link is cut, nobody hears of the other's end.
func TestCutHidesTheEnd(t *testing.T) {
	h := open(t, false)
	a, b := h.dial("n1", "n2")
	h.cut(both)
	b.Close()
	a.say("into", "the", "void")
	h.took(h.Lost, 3)
	h.Heal()
	a.isOver()
}

// P2: while a link is cut, nobody hears that there is no one to hear.
func TestCutHidesAbsence(t *testing.T) {
	for _, cut := range []history.Grudge{both, {"n1": {"n2"}}, {"n2": {"n1"}}, nil} {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			h := open(t, false)
			h.listen["n2"].Close()
			h.cut(cut)
			c, err := net.Dial("tcp", h.Addr("n1", "n2"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(10 * time.Second))
			a := end{t, c, bufio.NewReader(c)}
			if cut != nil {
				a.say("n1", "is", "anybody", "there")
			}
			if len(cut["n2"]) > 0 {
				h.took(h.Lost, 3)
			}
			h.Heal()
			a.isOver()
		})
	}
}

func TestLoss(t *testing.T) {
	h := open(t, false)
	h.behave(cluster.Link{Loss: 1})
	a, b := h.dial("n1", "n2") // whose hello is not lost (P1)
	a.say("lost", "lost", "lost")
	b.say("of a new connection the first") // so that b's end is in order: its own first frame passes
	a.hears("of a new connection the first")
	a.Close()
	b.isOver()
	did, err := h.Behave(cluster.Link{})
	if want := (proxy.Record{Link: cluster.Link{Loss: 1}, Messages: 5, Lost: 3}); did != want || err != nil {
		t.Errorf("the links did %+v, %v, want %+v", did, err, want)
	}
	if !did.Bit() || did.String() != "of 5 messages 3 lost, 0 repeated, 0 overtaken" {
		t.Errorf("bit %v: %s", did.Bit(), did)
	}
}

func TestDuplicate(t *testing.T) {
	h := open(t, false)
	a, b := h.dial("n1", "n2")
	h.behave(cluster.Link{Duplicate: 1})
	texts := numbers(20)
	a.say(texts...)
	var got []string
	for range 2 * len(texts) {
		text, err := b.read()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, text)
	}
	slices.Sort(got)
	want := append(slices.Clone(texts), texts...)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("heard (-want +got):\n%s", d)
	}
}

func TestReorder(t *testing.T) {
	h := open(t, false)
	a, b := h.dial("n1", "n2")
	h.behave(cluster.Link{Reorder: 0.5})
	texts := numbers(100)
	a.say(texts...)
	var got []string
	for range texts {
		text, err := b.read()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, text)
	}
	if slices.IsSorted(got) {
		t.Error("a hundred messages of which half may be overtaken came in order")
	}
	slices.Sort(got)
	if d := cmp.Diff(texts, got); d != "" {
		t.Errorf("heard (-want +got):\n%s", d)
	}
}

// P3: jitter alone reorders nothing, and a delay is as long as it says.
func TestDelay(t *testing.T) {
	h := open(t, false)
	a, b := h.dial("n1", "n2")
	h.behave(cluster.Link{Delay: 20 * time.Millisecond, Jitter: 20 * time.Millisecond})
	start := time.Now()
	texts := numbers(50)
	a.say(texts...)
	b.hears(texts[0])
	if passed := time.Since(start); passed < 20*time.Millisecond {
		t.Errorf("a message took %v, want no less than 20ms", passed)
	}
	b.hears(texts[1:]...)
}

// P5: what is held arrives when it is released, all of it and in order, and then the news of the
// end.
func TestHold(t *testing.T) {
	h := open(t, false)
	a, b := h.dial("n1", "n2")
	c, d := h.dial("n1", "n3")
	if links, err := h.Hold(history.Grudge{"n2": {"n1"}}); links != 1 || err != nil {
		t.Fatalf("held %d links, %v", links, err)
	}
	texts := numbers(100)
	a.say(texts...)
	a.Close()
	c.say("elsewhere")
	d.hears("elsewhere")
	h.took(h.Held, 100)
	if got := h.Release().String(); got != "100 messages held back on 1 of 1 links" {
		t.Errorf("released %s", got)
	}
	b.hears(texts...)
	b.isOver()
}

// A stream's cut holds back, and loses nothing.
func TestStream(t *testing.T) {
	h := open(t, true)
	a, b := h.dial("n1", "n2")
	h.cut(both)
	a.say("held")
	h.took(h.Lost, 1)
	a.say("held too")
	h.took(h.Lost, 2)
	b.say("held")
	h.took(h.Lost, 3)
	if got := h.Heal().String(); got != "3 messages held back on 2 of 2 links" {
		t.Errorf("the cut took %s", got)
	}
	b.hears("held", "held too")
	a.hears("held")
	h.behave(cluster.Link{Delay: time.Millisecond})
	a.say("slow")
	b.hears("slow")
}

func TestRefusals(t *testing.T) {
	framed, stream := open(t, false), open(t, true)
	tests := []struct {
		h    hosts
		link cluster.Link
		want string
	}{
		{framed, cluster.Link{Loss: 1.5}, "set links: a ratio of 1.5 is not from 0 to 1"},
		{framed, cluster.Link{Reorder: math.NaN()}, "set links: a ratio of NaN is not from 0 to 1"},
		{framed, cluster.Link{Delay: -1}, "set links: a delay of -1ns and a jitter of 0s: want none below 0"},
		{stream, cluster.Link{Loss: 0.1},
			"set links: this target's links are streams of bytes, which can be slow but not lossy"},
	}
	for _, tt := range tests {
		if _, err := tt.h.Behave(tt.link); err == nil || err.Error() != tt.want {
			t.Errorf("%+v: got %v, want %s", tt.link, err, tt.want)
		}
	}
	if _, err := framed.Cut(history.Grudge{"n1": {"n9"}}); err == nil ||
		err.Error() != "cut from n9 to n1: no such link" {
		t.Errorf("got %v", err)
	}
}

// Close ends connections that are in whatever state, and is safe to call twice.
func TestClose(t *testing.T) {
	h := open(t, false)
	a, _ := h.dial("n1", "n2")
	h.dial("n2", "n3")
	h.behave(cluster.Link{Delay: time.Hour})
	a.say("on its way for long")
	h.cut(both)
	for range 2 {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
	a.isOver()
}

// BenchmarkRoundTrip is what the network adds: a frame of 200 bytes there and another back, on one
// connection.
func BenchmarkRoundTrip(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	n, err := proxy.Listen(proxy.Config{Nodes: nodes, Addr: func(history.NodeID) string { return l.Addr().String() }})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	for name, addr := range map[string]string{"proxied": n.Addr("n1", "n2"), "direct": l.Addr().String()} {
		b.Run(name, func(b *testing.B) {
			here, err := net.Dial("tcp", addr)
			if err != nil {
				b.Fatal(err)
			}
			defer here.Close()
			there, err := l.Accept()
			if err != nil {
				b.Fatal(err)
			}
			defer there.Close()
			payload := make([]byte, 200)
			b.ReportAllocs()
			for b.Loop() {
				if err := frame.Write(here, payload); err != nil {
					b.Fatal(err)
				}
				if _, err := frame.Read(there); err != nil {
					b.Fatal(err)
				}
				if err := frame.Write(there, payload); err != nil {
					b.Fatal(err)
				}
				if _, err := frame.Read(here); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
