package gossip_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/gossip"
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/protocol/transcript"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// stage plays gossip: ask NODE OBJECT/KEY CALL [VALUE]. A replica is shown by the contents of its
// disk.
func stage(bug string) transcript.Stage {
	walls := map[string]int64{}
	return transcript.Stage{
		Protocol: gossip.Protocol(), Bug: bug,
		Machine: func() protocol.Machine { return kv.New() },
		Request: func(words []string, _ int) ([]byte, bool, error) {
			object, key, ok := strings.Cut(words[0], "/")
			if !ok || len(words) < 2 {
				return nil, false, errors.New("want OBJECT/KEY CALL [VALUE]")
			}
			c := kv.Command{Object: object, Key: key, F: words[1], Value: []byte(strings.Join(words[2:], ""))}
			return c.Encode(), kv.ReadOnly(object, c.F), nil
		},
		Result: func(data []byte) string {
			r, err := kv.DecodeResult(data)
			switch {
			case err != nil:
				return err.Error()
			case !r.OK:
				return "failed, " + r.Err
			case len(r.Value) == 0:
				return "done"
			}
			return string(r.Value)
		},
		Describe: func(_ protocol.Core, disk []protocol.Record) string { return holds(disk) },
		More: map[string]func(*transcript.Play, []string) error{
			// clock NODE NS: its wall clock from now on
			"clock": func(_ *transcript.Play, args []string) (err error) {
				walls[args[0]], err = strconv.ParseInt(args[1], 10, 64)
				return err
			},
			// greet NODE OTHER: the node's clock ticks, and it draws that partner
			"greet": func(p *transcript.Play, args []string) error {
				c := p.Core(args[0])
				if c == nil {
					return errors.New("it is down")
				}
				others := slices.DeleteFunc(slices.Clone(c.Status().Members), func(id protocol.NodeID) bool {
					return string(id) == args[0]
				})
				draw := slices.Index(others, protocol.NodeID(args[1]))
				if draw < 0 {
					return errors.New("no such partner")
				}
				return p.Step(args[0], protocol.Tick{Wall: walls[args[0]], Draw: uint64(draw)})
			},
		},
	}
}

// holds is what a disk gives back.
func holds(disk []protocol.Record) string {
	var held []gossip.State
	for _, r := range disk {
		for _, s := range r.Data.(*gossip.Update).States {
			at := slices.IndexFunc(held, func(h gossip.State) bool { return h.Name == s.Name })
			if at < 0 {
				held = append(held, s)
			} else {
				held[at] = gossip.Join(held[at], s)
			}
		}
	}
	if len(held) == 0 {
		return "holds nothing"
	}
	names := make([]string, len(held))
	for i, h := range held {
		names[i] = h.String()
	}
	slices.Sort(names)
	return "holds " + strings.Join(names, "  ")
}

// TestTranscripts plays testdata/*.txt; package transcript says how to read them.
func TestTranscripts(t *testing.T) {
	bundledtest.Suite{Protocol: gossip.Protocol(), Stage: stage}.Transcripts(t)
}
