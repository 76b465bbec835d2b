package wal

import (
	"errors"
	"fmt"

	"github.com/splitvote/splitvote/protocol"
)

// A record's payload is a byte that says which kind it is, then the data as the protocol's codec writes it.
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

// plausible says that payload begins as a record does. A run of zeros, which is how a file system may leave an unwritten
// end, has the checksum of an empty frame and must not pass for records.
func plausible(payload []byte) bool {
	return len(payload) > 1 && (payload[0] == plain || payload[0] == checkpoint)
}
