package wal

import (
	"errors"
	"fmt"

	"github.com/splitvote/splitvote/protocol"
)

// A record's payload is a byte for its kind, then the data as encoded by the protocol's codec.
const (
	plain      = 'r'
	checkpoint = 'c'
)

func marshal(codec protocol.Codec, r protocol.Record) ([]byte, error) {
	data, err := codec.Marshal(r.Data)
	if err != nil {
		return nil, err
	}
	kind := byte(plain)
	if r.Checkpoint {
		kind = checkpoint
	}
	return append([]byte{kind}, data...), nil
}

func unmarshal(codec protocol.Codec, payload []byte) (protocol.Record, error) {
	if !plausible(payload) {
		return protocol.Record{}, errors.New("not a record")
	}
	data, err := codec.Unmarshal(payload[1:])
	if err != nil {
		return protocol.Record{}, fmt.Errorf("not a record: %w", err)
	}
	return protocol.Record{Checkpoint: payload[0] == checkpoint, Data: data}, nil
}

// plausible reports whether payload begins like a record. A run of zeros, which a file system can
// leave in place of an unwritten end, has the checksum of an empty frame and must not pass for a
// record.
func plausible(payload []byte) bool {
	return len(payload) > 1 && (payload[0] == plain || payload[0] == checkpoint)
}
