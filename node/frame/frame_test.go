package frame_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/node/frame"
)

func TestFrames(t *testing.T) {
	var stream bytes.Buffer
	payloads := [][]byte{[]byte("123456789"), {}, bytes.Repeat([]byte("long"), 50_000)}
	for _, p := range payloads {
		if err := frame.Write(&stream, p); err != nil {
			t.Fatal(err)
		}
	}
	// The checksum of these nine digits is CRC32C's published check value.
	if want := []byte("\x00\x00\x00\x09\xe3\x06\x92\x83123456789"); !bytes.HasPrefix(stream.Bytes(), want) {
		t.Errorf("first frame is % x, want % x", stream.Bytes()[:len(want)], want)
	}
	data := bytes.Clone(stream.Bytes())
	for i, want := range payloads {
		got, err := frame.Read(&stream)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("frame %d: %d bytes, %v; want %d", i, len(got), err, len(want))
		}
		got, next, ok := frame.Cut(data)
		if !ok || !bytes.Equal(got, want) {
			t.Fatalf("frame %d cannot be cut off", i)
		}
		data = data[next:]
	}
	if _, err := frame.Read(&stream); err != io.EOF || len(data) > 0 {
		t.Errorf("after the last frame: %v, %d bytes left", err, len(data))
	}
}

func TestDamage(t *testing.T) {
	whole := frame.Append(nil, []byte("payload"))
	for cut := 1; cut < len(whole); cut++ {
		if _, err := frame.Read(bytes.NewReader(whole[:cut])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the first %d bytes: %v", cut, err)
		}
		if _, _, ok := frame.Cut(whole[:cut]); ok {
			t.Errorf("a frame was cut off the first %d bytes of one", cut)
		}
	}
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 1
		if _, err := frame.Read(bytes.NewReader(bad)); err == nil {
			t.Errorf("a flipped bit in byte %d was not noticed", i)
		}
		if _, _, ok := frame.Cut(bad); ok {
			t.Errorf("a flipped bit in byte %d was not noticed by Cut", i)
		}
	}
	huge := binary.BigEndian.AppendUint32(nil, frame.Largest+1)
	if _, err := frame.Read(bytes.NewReader(append(huge, 0, 0, 0, 0))); err == nil ||
		errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a length above the largest: %v", err)
	}
}

func TestHello(t *testing.T) {
	for text, want := range map[string]frame.Hello{
		"splitvote 1 n2 n1":    {From: "n2", To: "n1"},
		"splitvote 1 n2 n1 r7": {From: "n2", To: "n1", Run: "r7"},
	} {
		if got := string(want.Marshal()); got != text {
			t.Errorf("hello is %q, want %q", got, text)
		}
		got, err := frame.ParseHello([]byte(text))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("hello came back different (%v):\n%s", err, diff)
		}
	}
	for _, bad := range []string{"", "splitvote 2 n2 n1", "splitvote 1 n2", "splitvote 1 n2 ", "splitvote 1  n1",
		"splitvote 1 n1 n2 ", "splitvote 1 n1 n2 n3 n4"} {
		if h, err := frame.ParseHello([]byte(bad)); err == nil {
			t.Errorf("%q was read as %+v", bad, h)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(frame.Append(frame.Append(nil, []byte("splitvote 1 n2 n1")), []byte(`{"vote":{}}`)))
	f.Add([]byte{0x0f, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var again []byte
		r := bytes.NewReader(data)
		for {
			payload, err := frame.Read(r)
			if err != nil {
				break
			}
			cut, next, ok := frame.Cut(data[len(again):])
			if !ok || next != frame.Header+len(payload) || !bytes.Equal(cut, payload) {
				t.Fatalf("Read says %q, Cut says %q, %v", payload, cut, ok)
			}
			again = frame.Append(again, payload)
		}
		if !bytes.HasPrefix(data, again) {
			t.Fatalf("% x was read as frames that are written % x", data, again)
		}
	})
}

func FuzzParseHello(f *testing.F) {
	f.Add([]byte("splitvote 1 n2 n1"))
	f.Add([]byte("splitvote 1  "))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if h, err := frame.ParseHello(payload); err == nil && !bytes.Equal(h.Marshal(), payload) {
			t.Fatalf("%q was read as %+v", payload, h)
		}
	})
}
