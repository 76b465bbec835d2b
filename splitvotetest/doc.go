// Package splitvotetest tests a replicated Go program inside go test: its members run in the test's
// process, concurrent clients call them while faults are on, and the test fails if the answers
// cannot be explained by a single correct copy of the data.
//
//	func TestStore(t *testing.T) {
//		splitvotetest.Run(t, splitvotetest.Cluster{
//			Start: func(m splitvotetest.Member) (splitvotetest.Node, error) {
//				return store.Open(m.Dir, m.Listener, m.Dial)
//			},
//			Dial: func(_ context.Context, m splitvotetest.Member) (splitvotetest.Client, error) {
//				s := m.Node().(*store.Store)
//				return splitvotetest.Register{Read: s.Get, Write: s.Put}, nil
//			},
//		}, splitvotetest.Plan{Faults: "partition,kill", Virtual: true})
//	}
//
// A member gets a [Member]: a listener and a dialer on a network that suffers the faults, and a
// directory that survives a kill. A [Client] makes the calls; [Register], [List], [Set] and
// [Counter] are clients made of plain functions. A [Plan] says what happens; its zero value is a
// good start.
//
// Every seed is a subtest, so that -run '^TestStore$/^seed=7$' repeats one, whether or not the plan
// has it. A seed decides the calls and the faults, not how goroutines interleave. With -artifacts
// the history and the report of each seed are kept.
//
// With Plan.Virtual, or inside a testing/synctest bubble, the run takes virtual time: a minute of
// faults is over in about a second. Members must then wait only for what a bubble knows: channels,
// timers, locks held for a moment, and the network that they are given.
//
// A member that panics in a goroutine of its own ends the test's process, as any panic does: Go
// offers no way to catch it. A panic in Start, Dial, Close or a call is reported.
package splitvotetest
