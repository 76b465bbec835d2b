// Package frame is how nodes talk: a connection is a sequence of frames, each of which is
//
//	length    4 bytes, big-endian: of the payload, at most [Largest]
//	checksum  4 bytes, big-endian: CRC32C of the payload
//	payload
//
// The first frame of a connection is the hello; see [Hello]. Every other one carries one message to the node that was
// dialled. A connection is one-way: nothing is sent back. The format is apart from the node so that what stands between
// two nodes can lose, delay and repeat whole messages without knowing what they say. The write-ahead log is made of the
// same frames.
package frame
