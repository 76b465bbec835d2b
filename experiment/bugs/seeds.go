package bugs

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// bugSeeds has a line for every planted bug, with the seed at which a whole search found it first.
// It makes the quick search quick, as a fuzzer begins with the inputs that it has kept; a seed that
// shows its bug no more, because the drawing or the protocol has changed, costs one simulation, and
// the search goes on. splitvote bugs --remember writes it.
//
//go:embed bugseeds.txt
var bugSeeds string

// recall tries the seed that is remembered of each bug.
func (b *Search) recall(ctx context.Context, m *matrix) error {
	seeds := map[string]uint64{}
	for line := range strings.Lines(bugSeeds) {
		if name, text, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			seed, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				return fmt.Errorf("bugseeds.txt: %s: %w", name, err)
			}
			seeds[name] = seed
		}
	}
	for i := range m.Planted {
		h := &m.Planted[i]
		seed, known := seeds[h.Bug]
		if !known {
			continue
		}
		c, err := b.campaign(m, h)
		if err != nil {
			return err
		}
		if err := h.Try(ctx, c, seed); err != nil {
			return err
		}
	}
	return nil
}

// seeds is what bugseeds.txt is made of.
func (m *matrix) seeds() string {
	var text strings.Builder
	for i := range m.Planted {
		if h := &m.Planted[i]; h.AsItsClass() {
			fmt.Fprintln(&text, h.Bug, h.Finds[0].Seed)
		}
	}
	return text.String()
}
