// Package wire turns a protocol's message bodies and log records into bytes: JSON tagged with the name of the type, as in
// {"append":{"term":3,...}}. It is readable in a capture of the network and in a log on disk, which is worth more here than
// the bytes that a denser form would save; the simulator passes values and never comes this way.
//
//	W1  Unmarshal(Marshal(v)) equals v, has v's type, and shares no memory with the bytes.
//	W2  What New was not told of is an error in both directions, as is anything after the one tagged value.
package wire
