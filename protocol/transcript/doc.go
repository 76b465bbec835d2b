// Package transcript plays a script against a core and writes down the results. Each transcript is
// a story about a protocol, in a text file that a student can read and a test can compare.
//
// A transcript starts with a picture and a sentence, each line after a #. Blocks follow: commands,
// a line of four dashes, and the results. The results are each message as it is delivered, each
// answer, each broken invariant, and the nodes that have changed. [Play] keeps comments and
// commands and writes the results anew.
//
//	T1  The same text and Stage give the same transcript, byte for byte.
//	T2  Only commands cause events: no message arrives and no tick passes by itself.
//	T3  A message stays in the network until it is delivered or dropped. It is lost if its link is
//	    cut when it is sent.
//	T4  Disks take no time: what a Step persists is durable before what it sends is in the
//	    network.
package transcript
