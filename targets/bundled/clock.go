package bundled

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/splitvote/splitvote/cluster"
)

var _ cluster.Clocked = Target{}

// SetClock asks the node's /clock.
func (t Target) SetClock(ctx context.Context, addr string, c cluster.Clock) (was cluster.Clock, err error) {
	transport := newTransport()
	transport.DisableKeepAlives = true
	url := fmt.Sprintf("http://%s/clock/%s/%d", addr, c.Offset, c.Drift)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return was, err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return was, err
	}
	defer response.Body.Close()
	var answer struct {
		Error string
		Value struct {
			Offset string
			Drift  int64
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return was, fmt.Errorf("%s: %w", response.Status, err)
	}
	if response.StatusCode != http.StatusOK {
		return was, fmt.Errorf("%s: %s", response.Status, answer.Error)
	}
	was.Drift = answer.Value.Drift
	was.Offset, err = time.ParseDuration(answer.Value.Offset)
	return was, err
}
