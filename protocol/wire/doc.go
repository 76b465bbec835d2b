// Package wire encodes a protocol's message bodies and log records as JSON, tagged with the name of
// the type: {"append":{"term":3,...}}. It is readable in a network capture and in a log on disk,
// which is worth more here than the bytes that a denser form would save. The simulator passes
// values and does not encode them.
//
//	W1  Unmarshal(Marshal(v)) equals v, has v's type, and shares no memory with the bytes.
//	W2  A type that New was not given is an error in both directions, as is anything after the one
//	    tagged value.
package wire
