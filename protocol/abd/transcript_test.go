package abd_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/abd"
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/protocol/transcript"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// stage plays the registers; a node is shown by the contents of its disk.
func stage(bug string) transcript.Stage {
	return transcript.Stage{
		Protocol: abd.Protocol(), Bug: bug,
		Machine: func() protocol.Machine { return kv.New() },
		Request: func(words []string, _ int) ([]byte, bool, error) { // read KEY, write KEY VALUE
			c := kv.Command{Object: "register", F: words[0], Key: words[1]}
			if len(words) > 2 {
				c.Value = []byte(words[2])
			}
			return c.Encode(), c.F == "read", nil
		},
		Result: bundledtest.Answer,
		Describe: func(_ protocol.Core, disk []protocol.Record) string {
			held := map[string]string{}
			for _, r := range disk {
				switch d := r.Data.(type) {
				case *abd.Value:
					held[d.Key] = string(d.Value) + "@" + d.Tag.String()
				case *abd.Checkpoint:
					for _, v := range d.Values {
						held[v.Key] = string(v.Value) + "@" + v.Tag.String()
					}
				}
			}
			var all []string
			for _, key := range slices.Sorted(maps.Keys(held)) {
				all = append(all, key+"="+held[key])
			}
			if len(all) == 0 {
				return "holds nothing"
			}
			return "holds " + strings.Join(all, " ")
		},
	}
}
