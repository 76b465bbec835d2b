package netfault

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"pgregory.net/rapid"
)

// Whatever is asked of the kernel is what is read back from it.
func TestRuleReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{4, 16}).Draw(t, "bytes of the address")
		from, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "from"))
		l := Link{From: from, Port: rapid.Uint16().Draw(t, "port")}
		r, err := parse(drop(l))
		if err != nil || r.Link != l {
			t.Errorf("parse(drop(%v)) is %v, %v", l, r.Link, err)
		}
	})
}

func TestForeignRule(t *testing.T) {
	for _, exprs := range [][]expr.Any{nil, {&expr.Verdict{Kind: expr.VerdictDrop}},
		drop(Link{From: netip.MustParseAddr("10.0.0.1")})[:5]} {
		if r, err := parse(exprs); err == nil {
			t.Errorf("parse(%v) is %v, want an error", exprs, r)
		}
	}
}

// What the kernel of a network namespace of the test's own does as Serve is told.
func TestServe(t *testing.T) {
	ownNamespace(t)
	var (
		deaf  = netip.MustParseAddr("127.0.0.2") // is cut
		heard = netip.MustParseAddr("127.0.0.3")
		self  = netip.MustParseAddrPort("127.0.0.1:9090")
		other = netip.MustParseAddrPort("127.0.0.1:9091")
	)
	listen(t, self)
	listen(t, other)
	toDeaf := netip.AddrPortFrom(deaf, 9090)
	listen(t, toDeaf)

	s := serve(t)
	if a := s.next(t); a.ID != 0 || a.Err != "" {
		t.Fatalf("the first answer is %+v, want an empty one of ID 0", a)
	}
	reach := func(what string, from netip.Addr, to netip.AddrPort, want bool) {
		t.Helper()
		if got := reaches(from, to); got != want {
			t.Errorf("%s: %v reaches %v: %v, want %v", what, from, to, got, want)
		}
	}

	reach("whole", deaf, self, true)
	all := Link{From: deaf}
	a := s.do(t, Request{ID: 1, Cut: []Link{all}})
	if d := cmp.Diff(Answer{ID: 1, Has: []Rule{{Link: all}}}, a, addrs); d != "" {
		t.Errorf("cut (-want +got):\n%s", d)
	}
	reach("cut", deaf, self, false)
	reach("cut", heard, self, true)
	reach("cut, the way back too", self.Addr(), toDeaf, false)

	one := Link{From: deaf, Port: 9090}
	a = s.do(t, Request{ID: 2, Cut: []Link{one}})
	if len(a.Had) != 1 || a.Had[0].Link != all || a.Had[0].Packets == 0 {
		t.Errorf("the cut had %+v, want what it dropped", a.Had)
	}
	reach("cut one way", deaf, self, false)
	reach("cut one way", deaf, other, true)

	a = s.do(t, Request{ID: 3, Look: true})
	if len(a.Has) != 1 || a.Has[0].Link != one || a.Has[0].Packets == 0 {
		t.Errorf("a look finds %+v, want %v and what it dropped so far", a.Has, one)
	}
	a = s.do(t, Request{ID: 4})
	if len(a.Had) != 1 || a.Has != nil || a.Err != "" {
		t.Errorf("healing says %+v, want one rule that was", a)
	}
	reach("healed", deaf, self, true)

	s.do(t, Request{ID: 5, Cut: []Link{all}})
	s.in.Close()
	if err := <-s.err; err != nil {
		t.Errorf("the end of the requests is an error: %v", err)
	}
	reach("when the harness is gone (N3)", deaf, self, true)
	if tables := tables(t); len(tables) != 0 {
		t.Errorf("%d tables are left", len(tables))
	}
}

func TestServeIsTold(t *testing.T) {
	ownNamespace(t)
	for name, tt := range map[string]struct {
		do   func(s *served)
		fail bool
	}{
		"to end":   {func(s *served) { s.end() }, false},
		"nonsense": {func(s *served) { io.WriteString(s.in, "cut everything\n") }, true},
	} {
		s := serve(t)
		s.next(t)
		s.do(t, Request{ID: 1, Cut: []Link{{From: netip.MustParseAddr("127.0.0.2")}}})
		tt.do(s)
		if err := <-s.err; (err != nil) != tt.fail {
			t.Errorf("%s: %v", name, err)
		}
		if tables := tables(t); len(tables) != 0 {
			t.Errorf("%s: %d tables are left", name, len(tables))
		}
	}
}

var addrs = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// served is Serve under way in the test's namespace.
type served struct {
	in  io.WriteCloser
	out *json.Decoder
	end context.CancelFunc
	err chan error
}

func serve(t *testing.T) *served {
	requests, in := io.Pipe()
	out, answers := io.Pipe()
	ctx, end := context.WithCancel(t.Context())
	s := &served{in, json.NewDecoder(out), end, make(chan error, 1)}
	here, err := netns.Get()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its namespace
		if err := netns.Set(here); err != nil {
			s.err <- err
			return
		}
		s.err <- Serve(ctx, requests, answers)
		answers.Close()
	}()
	t.Cleanup(func() { end(); in.Close(); here.Close() })
	return s
}

func (s *served) do(t *testing.T, r Request) Answer {
	t.Helper()
	if err := json.NewEncoder(s.in).Encode(r); err != nil {
		t.Fatal(err)
	}
	return s.next(t)
}

func (s *served) next(t *testing.T) Answer {
	t.Helper()
	var a Answer
	if err := s.out.Decode(&a); err != nil {
		t.Fatalf("no answer: %v", err)
	}
	return a
}

// ownNamespace moves the test into a new network namespace with a loopback. The thread is lost to
// others for good.
func ownNamespace(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("netfault: a network namespace of the test's own needs root")
	}
	runtime.LockOSThread()
	here, err := netns.New()
	if err != nil {
		t.Skipf("netfault: no network namespace of the test's own: %v", err)
	}
	t.Cleanup(func() { here.Close() })
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func listen(t *testing.T, at netip.AddrPort) {
	t.Helper()
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
}

func reaches(from netip.Addr, to netip.AddrPort) bool {
	d := net.Dialer{Timeout: 100 * time.Millisecond, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
	c, err := d.Dial("tcp", to.String())
	if err != nil {
		return false
	}
	c.Close()
	return true
}

func tables(t *testing.T) []*nftables.Table {
	t.Helper()
	c, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	tables, err := c.ListTables()
	if err != nil {
		t.Fatal(err)
	}
	return tables
}
