package node

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// million is the scale of drift: parts per million.
const million = 1_000_000

// clock is the core's idea of time (N8). Its wall clock is ahead of the machine's by an offset.
// Both of
// the core's clocks run fast by drift parts per million, so the offset grows. The zero clock is the
// machine's own.
type clock struct {
	set    time.Time // when it was set wrong
	offset time.Duration
	drift  int64
}

// ahead returns how far the wall clock is ahead.
func (k *clock) ahead(now time.Time) time.Duration {
	since := int64(now.Sub(k.set))
	if k.drift == 0 {
		since = 0 // the product can overflow a Duration
	}
	return k.offset + time.Duration(since/million*k.drift+since%million*k.drift/million)
}

// wall reads the wall clock, in nanoseconds since 1970.
func (k *clock) wall(now time.Time) int64 { return now.Add(k.ahead(now)).UnixNano() }

// span returns the true time that passes while the clock counts d.
func (k *clock) span(d time.Duration) time.Duration {
	return time.Duration(int64(d) * million / (million + k.drift))
}

// wrong is the body of the answer to POST /clock.
type wrong struct {
	Offset string `json:"offset"` // how far the wall clock was ahead, as "1.5s"
	Drift  int64  `json:"drift"`  // parts per million by which both clocks ran fast
}

// setClock sets the node's clocks wrong, or right again, and returns how they were before.
func (a api) setClock(w http.ResponseWriter, r *http.Request) {
	offset, err := time.ParseDuration(r.PathValue("offset"))
	if err != nil {
		a.no(w, http.StatusBadRequest, true, fmt.Sprintf("offset %q: want a duration as 1.5s", r.PathValue("offset")))
		return
	}
	drift, err := strconv.ParseInt(r.PathValue("drift"), 10, 64)
	if err != nil || drift <= -million || drift > million {
		a.no(w, http.StatusBadRequest, true,
			fmt.Sprintf("drift %q: want parts per million, more than -%d and at most %[2]d", r.PathValue("drift"),
				million))
		return
	}
	now := time.Now()
	was := a.host.clock.Swap(&clock{now, offset, drift})
	a.config.Log.Warn("clocks set by request", "ahead", offset, "drift", drift)
	value, err := json.Marshal(wrong{was.ahead(now).String(), was.drift})
	if err != nil {
		a.no(w, http.StatusInternalServerError, false, err.Error())
		return
	}
	a.ok(w, value)
}
