package workloads

import (
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

var appendList = Workload{
	Name: "append",
	Doc: "Lists to which every client appends, read as a whole: a lost, repeated or reordered append shows at " +
		"once.",
	Object: "append-list", Model: "append-list",
	Calls: []string{"append", "read"},
	Generator: func(o Options) generator.Generator {
		return keyed(o, 150, func(key string) generator.Generator { return growing(key, "append", 2, 1) })
	},
	Final: readEverywhere,
}

var set = Workload{
	Name:   "set",
	Doc:    "Sets to which every client adds its own elements; at the end all acknowledged ones must be there.",
	Object: "set", Model: "set",
	Calls: []string{"add", "read"},
	Generator: func(o Options) generator.Generator {
		return keyed(o, 150, func(key string) generator.Generator { return growing(key, "add", 4, 1) })
	},
	Final: readEverywhere,
}

var removal = Workload{
	Name:   "removal",
	Doc:    "Sets whose elements are removed again, each at most a few times: a removed element must not come back.",
	Object: "set", Model: "set",
	Calls: []string{"add", "remove", "read"},
	Generator: func(o Options) generator.Generator {
		next := func(ctx generator.Context, n int, _ history.Process) (history.Op, int) {
			switch draw := ctx.Rand.IntN(6); {
			case draw == 0:
				return history.Op{F: "read", Value: null}, n
			case draw < 3 && n > 0:
				return history.Op{F: "remove", Value: number(n - ctx.Rand.IntN(min(n, 8)))}, n
			}
			return history.Op{F: "add", Value: number(n + 1)}, n + 1
		}
		return keyed(o, 60, func(key string) generator.Generator {
			return &source[int]{key: key, next: next}
		})
	},
	Final: readEverywhere,
}

var counter = Workload{
	Name:   "counter",
	Doc:    "Counters with additions and reads: a sum reveals an addition that was lost or counted twice.",
	Object: "counter", Model: "counter",
	Calls: []string{"add", "read"},
	Generator: func(o Options) generator.Generator {
		next := func(ctx generator.Context, s struct{}, _ history.Process) (history.Op, struct{}) {
			if ctx.Rand.IntN(2) == 0 {
				return history.Op{F: "read", Value: null}, s
			}
			return history.Op{F: "add", Value: number(1 + ctx.Rand.IntN(5))}, s
		}
		return keyed(o, 60, func(key string) generator.Generator {
			return &source[struct{}]{key: key, next: next}
		})
	},
	Final: readEverywhere,
}

var queue = Workload{
	Name: "queue",
	Doc: "Queues that are filled and emptied; at the end they are drained, after a last element that must come " +
		"out last.",
	Object: "fifo-queue", Model: "fifo-queue",
	Calls: []string{"enqueue", "dequeue"},
	Generator: func(o Options) generator.Generator {
		next := func(ctx generator.Context, n int, _ history.Process) (history.Op, int) {
			if ctx.Rand.IntN(2) == 0 {
				return history.Op{F: "dequeue", Value: null}, n
			}
			return history.Op{F: "enqueue", Value: number(n + 1)}, n + 1
		}
		return keyed(o, 100, func(key string) generator.Generator {
			return &source[int]{key: key, next: next}
		})
	},
	Final: func(_ Options, keys []string) generator.Generator { return finally(keys, drain) },
}

// drain enqueues a last element, which no generator makes, and dequeues until this element comes
// out or the queue is empty. Every attempt has its own element, because an earlier attempt may have
// succeeded without our knowledge.
func drain(string) generator.Generator {
	const mark = `"last-`
	enqueue := generator.Func(func(ctx generator.Context) history.Op {
		element := strconv.AppendInt([]byte(mark), int64(ctx.Time), 10)
		return history.Op{F: "enqueue", Value: append(element, '"')}
	})
	over := func(done history.Op) bool {
		return done.Kind == history.Fail || done.Kind == history.Ok &&
			(string(done.Value) == "null" || strings.HasPrefix(string(done.Value), mark))
	}
	const most = 1000 // far more than a key ever holds
	return generator.Seq(
		generator.UntilOk(generator.Limit(3, enqueue)),
		generator.Until(over, generator.Limit(most, generator.Repeat(history.Op{F: "dequeue", Value: null}))),
	)
}

// growing mixes calls of f, each with the next number, and reads in the given proportion.
func growing(key, f string, writes, reads int) generator.Generator {
	next := func(ctx generator.Context, n int, _ history.Process) (history.Op, int) {
		if ctx.Rand.IntN(writes+reads) < reads {
			return history.Op{F: "read", Value: null}, n
		}
		return history.Op{F: f, Value: number(n + 1)}, n + 1
	}
	return &source[int]{key: key, next: next}
}
