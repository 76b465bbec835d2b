package node

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/splitvote/splitvote/protocol"
)

// runHeader is the header in which a client names its run.
const runHeader = "Splitvote-Run"

// gate rejects peers and clients of other runs (N7).
type gate struct {
	id  protocol.NodeID
	run string
	log *slog.Logger

	mu   sync.Mutex
	said map[string]bool
}

func newGate(c *Config) *gate {
	return &gate{id: c.ID, run: c.Run, log: c.Log, said: map[string]bool{}}
}

// refuse returns why a peer or client of another run is refused, and logs each reason once.
func (g *gate) refuse(who, run string) string {
	of := func(run string) string {
		if run == "" {
			return "no run"
		}
		return "run " + run
	}
	why := fmt.Sprintf("%s is of %s, and %s is of %s", who, of(run), g.id, of(g.run))
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.said[why] {
		g.said[why] = true
		g.log.Warn("refused", "why", why)
	}
	return why
}

// clients admits clients that name the node's run or no run. A node outside any run serves
// everyone.
func (a api) clients(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if run := r.Header.Get(runHeader); run != "" && a.gate.run != "" && run != a.gate.run {
			a.no(w, http.StatusMisdirectedRequest, true, a.gate.refuse("the client", run))
			return
		}
		next.ServeHTTP(w, r)
	})
}
