// Package transcript plays a core on a stage where the reader decides what happens next, and writes down what came of it:
// a protocol's stories as text files that a student can read and a test can compare.
//
// A transcript is a picture and a sentence, each line after a #, then blocks: commands, a line of four dashes, and what came
// of them: each message as it is delivered, each answer, each broken invariant, and the nodes that are no longer as they
// were. [Play] leaves comments and commands as they are and writes the results anew.
//
//	T1  The same text and Stage give the same transcript, byte for byte.
//	T2  Nothing happens but what a command says: no message arrives and no tick passes by itself.
//	T3  A message lies in the network until it is delivered or dropped, unless its way is cut when it is sent.
//	T4  Disks are as fast as thought: what a Step persists is durable before what it sends is in the network.
package transcript
