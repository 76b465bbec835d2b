package network_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/nettest"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/inprocess/network"
	"github.com/splitvote/splitvote/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var both = history.Grudge{"n1": {"n2"}, "n2": {"n1"}}

// lab is a network of two members.
type lab struct {
	*network.Network
	t      *testing.T
	n1, n2 *network.Host
}

// bubble runs a test on a network in virtual time.
func bubble(t *testing.T, test func(*testing.T, *lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := network.New([]history.NodeID{"n1", "n2"}, 1)
		t.Cleanup(n.Close)
		test(t, &lab{n, t, n.Host("n1"), n.Host("n2")})
	})
}

// connect is a connection from n1 to n2, both ends.
func (l *lab) connect() (near, far net.Conn) {
	l.t.Helper()
	near, err := l.n1.Dial(l.t.Context(), "n2")
	if err != nil {
		l.t.Fatal(err)
	}
	far, err = l.n2.Listener().Accept()
	if err != nil {
		l.t.Fatal(err)
	}
	return near, far
}

func say(t *testing.T, c net.Conn, what string) {
	t.Helper()
	if _, err := c.Write([]byte(what)); err != nil {
		t.Fatal(err)
	}
}

// hear reads what is wanted and says how long that took.
func hear(t *testing.T, c net.Conn, want string) time.Duration {
	t.Helper()
	start, got := time.Now(), make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("heard %q (%v), want %q", got, err, want)
	}
	return time.Since(start)
}

// What package net promises of every connection.
func TestConnectionsAreNetConns(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		n := network.New([]history.NodeID{"n1", "n2"}, 1)
		n1, n2 := n.Host("n1"), n.Host("n2")
		if c1, err = n1.Dial(t.Context(), "n2"); err == nil {
			c2, err = n2.Listener().Accept()
		}
		return c1, c2, n.Close, err
	})
}

func TestTheEndOfAConnection(t *testing.T) {
	bubble(t, func(t *testing.T, l *lab) {
		near, far := l.connect()
		say(t, near, "the last word")
		if err := near.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(far); string(got) != "the last word" || err != nil {
			t.Errorf("after a half-close: %q, %v", got, err)
		}
		say(t, far, "answer") // the other half is open
		hear(t, near, "answer")

		say(t, far, "unread")
		time.Sleep(time.Second)
		near.Close()
		time.Sleep(time.Second)
		if _, err := far.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("who closes with something unread resets; got %v", err)
		}
		if _, err := far.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("write after a reset: %v", err)
		}
	})
}

func TestAWindowBlocksItsWriter(t *testing.T) {
	bubble(t, func(t *testing.T, l *lab) {
		near, far := l.connect()
		near.SetWriteDeadline(time.Now().Add(time.Minute))
		sent, err := near.Write(make([]byte, 1<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || sent == 0 || sent == 1<<20 {
			t.Fatalf("wrote %d bytes that nobody read: %v", sent, err)
		}
		near.SetWriteDeadline(time.Time{})
		go func() {
			near.Write(make([]byte, 1<<20-sent))
			near.Close()
		}()
		if got, err := io.Copy(io.Discard, far); got != 1<<20 || err != nil {
			t.Errorf("read %d bytes: %v", got, err)
		}
	})
}

func TestDialsThatFail(t *testing.T) {
	bubble(t, func(t *testing.T, l *lab) {
		if _, err := l.n1.Dial(t.Context(), "n7"); err == nil {
			t.Error("a member that there is not was dialled")
		}
		l.n2.Listener().Close()
		if _, err := l.n1.Dial(t.Context(), "n2:80"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("nobody listens: %v", err)
		}
		l.Cut(both)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.n1.Dial(ctx, "n2"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cut off, until the context ends: %v", err)
		}
		start := time.Now()
		_, err := l.n1.Dial(t.Context(), "n2")
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(start) < time.Minute {
			t.Errorf("cut off for good: %v after %v", err, time.Since(start))
		}
		l.Heal()
		l.n2 = l.Host("n2") // another incarnation
		l.connect()
	})
}

func TestAFullBacklogPutsDialsOff(t *testing.T) {
	bubble(t, func(t *testing.T, l *lab) {
		for range 128 {
			if _, err := l.n1.Dial(t.Context(), "n2"); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := l.n1.Dial(ctx, "n2"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the 129th that nobody accepts: %v", err)
		}
		l.n2.Listener().Accept()
		if _, err := l.n1.Dial(t.Context(), "n2"); err != nil {
			t.Errorf("once there is room: %v", err)
		}
	})
}

// A cut loses nothing of a stream, but what was sent meanwhile comes when TCP would repeat it.
func TestACutIsOneWay(t *testing.T) {
	bubble(t, func(t *testing.T, l *lab) {
		near, far := l.connect()
		if links, err := l.Cut(history.Grudge{"n2": {"n1"}}); links != 1 || err != nil {
			t.Fatal(links, err)
		}
		say(t, near, "lost")
		say(t, far, "heard")
		hear(t, near, "heard")
		far.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := far.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read across a cut: %v", err)
		}
		far.SetReadDeadline(time.Time{})
		if loss := l.Heal(); loss.Messages != 1 || loss.Bitten != 1 || loss.Links != 1 {
			t.Errorf("healing tells of %v", loss)
		}
		// sent at 0 s, repeated at 0.2, 0.6, 1.4 s; healed at 1 s
		if took := hear(t, far, "lost"); took < 350*time.Millisecond || took > 450*time.Millisecond {
			t.Errorf("repeated %v after healing", took)
		}
		if _, err := l.Cut(history.Grudge{"n2": {"n9"}}); err == nil {
			t.Error("a link that there is not was cut")
		}
	})
}

func TestAHoldReleasesABurst(t *testing.T) {
	bubble(t, func(t *testing.T, l *lab) {
		near, far := l.connect()
		l.Hold(both)
		say(t, near, "one")
		time.Sleep(time.Minute)
		say(t, near, "two")
		if loss := l.Release(); loss.Messages != 2 {
			t.Errorf("release tells of %v", loss)
		}
		if took := hear(t, far, "onetwo"); took > 10*time.Millisecond {
			t.Errorf("the burst took %v", took)
		}
	})
}

// V5: a client reaches a member that is cut off, but not one that is paused.
func TestAPausedMemberAnswersNobody(t *testing.T) {
	bubble(t, func(t *testing.T, l *lab) {
		l.Cut(both)
		client := l.Client("client")
		c, err := client.Dial(t.Context(), "n2")
		if err != nil {
			t.Fatal(err)
		}
		served, _ := l.n2.Listener().Accept()
		say(t, c, "hello")
		hear(t, served, "hello")
		if !l.Pause("n2") || l.Pause("n2") {
			t.Error("a pause begins once")
		}
		say(t, c, "late")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := client.Dial(ctx, "n2"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dialled a paused member: %v", err)
		}
		if waited, was := l.Resume("n2"); waited != 2 || !was {
			t.Errorf("%d waited, %v", waited, was)
		}
		hear(t, served, "late")
	})
}

// V4
func TestAKilledHost(t *testing.T) {
	bubble(t, func(t *testing.T, l *lab) {
		near, far := l.connect()
		say(t, far, "sent before")
		if reset := l.n2.Kill(); reset != 1 {
			t.Errorf("%d connections reset", reset)
		}
		hear(t, near, "sent before")
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer of a killed host reads %v", err)
		}
		if _, err := l.n1.Dial(t.Context(), "n2"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dialled a killed host: %v", err)
		}
		if _, err := far.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a killed host writes: %v", err)
		}
		if _, err := l.n2.Dial(t.Context(), "n1"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a killed host dials: %v", err)
		}
		if _, err := l.n2.Listener().Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a killed host accepts: %v", err)
		}
		old := l.n2
		l.n2 = l.Host("n2")
		near, far = l.connect()
		if _, err := old.Dial(t.Context(), "n1"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a host of before dials: %v", err)
		}
		say(t, near, "again")
		hear(t, far, "again")
	})
}

// A cut hides that the other side has died.
func TestNewsOfADeathTravel(t *testing.T) {
	bubble(t, func(t *testing.T, l *lab) {
		near, _ := l.connect()
		l.Cut(both)
		l.n2.Kill()
		near.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read %v across a cut", err)
		}
		near.SetReadDeadline(time.Time{})
		l.Heal()
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read %v after healing", err)
		}
	})
}

func TestBadLinks(t *testing.T) {
	for _, test := range []struct {
		name        string
		link        cluster.Link
		bites       bool
		least, most time.Duration // in which fifty messages come, one after the other
	}{
		{"honest", cluster.Link{}, false, 0, 30 * time.Millisecond},
		{
			"slow", cluster.Link{Delay: 20 * time.Millisecond, Jitter: 20 * time.Millisecond},
			true, time.Second, 2100 * time.Millisecond,
		},
		{"lossy", cluster.Link{Loss: 0.3}, true, time.Second, time.Minute},
		{"reordering", cluster.Link{Reorder: 0.5}, true, 50 * time.Millisecond, 300 * time.Millisecond},
		{"duplicating", cluster.Link{Duplicate: 1}, false, 0, 30 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *lab) {
				near, far := l.connect()
				if _, err := l.Behave(test.link); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				for i := range 50 {
					word := bytes.Repeat([]byte{byte(i)}, 100)
					say(t, near, string(word))
					hear(t, far, string(word))
				}
				if took := time.Since(start); took < test.least || took > test.most {
					t.Errorf("took %v, want %v to %v", took, test.least, test.most)
				}
				did, err := l.Behave(cluster.Link{})
				if err != nil || did.Bit() != test.bites {
					t.Errorf("bit is %v: %v (%v)", did.Bit(), did, err)
				}
			})
		})
	}
	n := network.New(nil, 1)
	for _, l := range []cluster.Link{{Loss: 1.5}, {Delay: -1}} {
		if _, err := n.Behave(l); err == nil {
			t.Errorf("%+v was accepted", l)
		}
	}
}
