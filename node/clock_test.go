package node_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/protocol"
)

// watching is a core that sends its wall clock to n2 with every tick.
type watching struct{}

func (watching) Step(in protocol.Input) protocol.Output {
	if tick, ok := in.(protocol.Tick); ok {
		return protocol.Output{Send: []protocol.Message{{From: "n1", To: "n2", Body: Count{int(tick.Wall)}}}}
	}
	return protocol.Output{}
}

func (watching) Status() protocol.Status { return protocol.Status{} }

// The core's clocks are as they were set, and their rate determines the length of a tick (N8).
func TestClocksAreSetWrong(t *testing.T) {
	n2 := listen(t, "127.0.0.1:0")
	defer n2.Close()
	p := counter(false)
	p.New = func(protocol.Config, []protocol.Record) (protocol.Core, error) { return watching{}, nil }
	c := configure(t, p, n2)
	start(t, c)
	conn := take(t, n2)
	set := func(path string) string {
		t.Helper()
		answer, err := http.Post("http://"+c.Client.Addr().String()+"/clock/"+path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d %s", answer.StatusCode, strings.TrimSpace(string(body)))
	}
	// until reads ticks until the wall clock of one is ahead of ours by the given time. A late
	// message only
	// delays it.
	until := func(ahead time.Duration) (wall time.Time, ticks int) {
		for ticks = 1; ; ticks++ {
			if wall = time.Unix(0, int64(next(t, conn))); wall.After(time.Now().Add(ahead)) {
				return wall, ticks
			}
		}
	}
	const right = `200 {"value":{"offset":"0s","drift":0},"node":"n1"}`
	if got := set("1h/0"); got != right {
		t.Errorf("it says %s, want %s", got, right)
	}
	until(59 * time.Minute)
	const hour = `200 {"value":{"offset":"1h0m0s","drift":0},"node":"n1"}`
	if got := set("0s/1000000"); got != hour {
		t.Errorf("it says %s, want %s", got, hour)
	}
	for next(t, conn) > int(time.Now().Add(time.Minute).UnixNano()) { // what it sent before
	}
	began, _ := until(0)
	ended, ticks := until(100 * time.Millisecond)
	if counted := time.Duration(ticks) * c.Tick; counted < ended.Sub(began)/2+ended.Sub(began)/4 {
		t.Errorf("it counted %v in ticks while its wall clock went on by %v", counted, ended.Sub(began))
	}
	var answer struct {
		Value struct {
			Offset string
			Drift  int64
		}
	}
	_, body, _ := strings.Cut(set("0s/0"), " ")
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if ahead, err := time.ParseDuration(answer.Value.Offset); err != nil || ahead < 100*time.Millisecond ||
		answer.Value.Drift != 1_000_000 {
		t.Errorf("in the end it says %s (%v)", body, err)
	}
	for path, want := range map[string]string{
		"soon/0":     `400 {"error":"offset \"soon\": want a duration as 1.5s","definite":true,"node":"n1"}`,
		"1s/much":    `400 {"error":"drift \"much\": want parts per million, more than -1000000 and at most 1000000","definite":true,"node":"n1"}`,
		"1s/1000001": `400 {"error":"drift \"1000001\": want parts per million, more than -1000000 and at most 1000000","definite":true,"node":"n1"}`,
	} {
		if got := set(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
