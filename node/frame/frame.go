package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// The sizes of a frame.
const (
	Header  = 8       // bytes before the payload
	Largest = 1 << 28 // bytes of payload; a greater length is damage
)

// ErrChecksum means that a payload differs from what was written.
var ErrChecksum = errors.New("frame: wrong checksum")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Append appends the frame of payload to data.
func Append(data, payload []byte) []byte {
	data = binary.BigEndian.AppendUint32(data, uint32(len(payload)))
	data = binary.BigEndian.AppendUint32(data, crc32.Checksum(payload, castagnoli))
	return append(data, payload...)
}

// Write writes the frame of payload, in one call of w.Write.
func Write(w io.Writer, payload []byte) error {
	if len(payload) > Largest {
		return fmt.Errorf("frame: %d bytes, want at most %d", len(payload), Largest)
	}
	_, err := w.Write(Append(make([]byte, 0, Header+len(payload)), payload))
	return err
}

// Read reads a frame and returns its payload. The error is io.EOF if no frame begins, and
// io.ErrUnexpectedEOF within a frame.
func Read(r io.Reader) ([]byte, error) {
	var header [Header]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(header[:])
	if size > Largest {
		return nil, fmt.Errorf("frame: %d bytes, want at most %d", size, Largest)
	}
	// The length can be wrong, so memory is allocated only as the payload arrives.
	var payload bytes.Buffer
	payload.Grow(int(min(size, 1<<16)))
	if _, err := io.CopyN(&payload, r, int64(size)); errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	} else if err != nil {
		return nil, err
	}
	if crc32.Checksum(payload.Bytes(), castagnoli) != binary.BigEndian.Uint32(header[4:]) {
		return nil, ErrChecksum
	}
	return payload.Bytes(), nil
}

// Cut returns the payload of the first frame in data, without copying it; next is the frame's
// length.
// It reports false if there is no whole and undamaged frame.
func Cut(data []byte) (payload []byte, next int, ok bool) {
	if len(data) < Header {
		return nil, 0, false
	}
	size := binary.BigEndian.Uint32(data)
	if size > Largest || int(size) > len(data)-Header {
		return nil, 0, false
	}
	next = Header + int(size)
	payload = data[Header:next:next]
	return payload, next, crc32.Checksum(payload, castagnoli) == binary.BigEndian.Uint32(data[4:])
}
