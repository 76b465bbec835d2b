// Package frame is the wire format between nodes. A connection is a sequence of frames, each of
// which is
//
//	length    4 bytes, big-endian: of the payload, at most [Largest]
//	checksum  4 bytes, big-endian: CRC32C of the payload
//	payload
//
// The first frame of a connection is the hello; see [Hello]. Every other frame carries one message
// to the node that was dialled. A connection is one-way: nothing is sent back. The format is
// independent of package node so that a proxy between two nodes can lose, delay and repeat whole
// messages without understanding them. The write-ahead log uses the same frames.
package frame
