// Package netfault cuts links in the kernel, inside the network namespace that it runs in. A
// container of our own binary runs it beside a node, and a harness drives it over the container's
// standard input and output: a [Request] a line in, an [Answer] a line out.
//
//	N1  A change is one nftables transaction: no packet sees half of a cut, nor none between two.
//	N2  An Answer says what the kernel says: rules and counters are read back, not remembered.
//	N3  Nothing outlives the harness: when the requests end, or the program is told to, the cut is
//	    lifted.
//	N4  A cut hits what arrives at this node. Both directions of a link are cut at its two ends.
package netfault
