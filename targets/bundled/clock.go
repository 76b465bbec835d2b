package bundled

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/targets/once"
)

var _ cluster.Clocked = Target{}

// SetClock asks the node's /clock.
func (t Target) SetClock(ctx context.Context, addr string, to cluster.Clock) (was cluster.Clock, err error) {
	url := fmt.Sprintf("http://%s/clock/%s/%d", addr, to.Offset, to.Drift)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return was, err
	}
	c := once.New()
	defer c.Close()
	got, _, err := c.Do(request)
	if err != nil {
		return was, err
	}
	var answer struct {
		Error string
		Value struct {
			Offset string
			Drift  int64
		}
	}
	if err := json.Unmarshal(got.Body, &answer); err != nil {
		return was, fmt.Errorf("status %d: %w", got.Status, err)
	}
	if got.Status != http.StatusOK {
		return was, fmt.Errorf("status %d: %s", got.Status, answer.Error)
	}
	was.Drift = answer.Value.Drift
	was.Offset, err = time.ParseDuration(answer.Value.Offset)
	return was, err
}
