package history_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/history"
)

// inBinary is a history of JSON lines in the binary form.
func inBinary(t testing.TB, lines []byte) (*history.History, []byte) {
	t.Helper()
	h, err := history.Read(bytes.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := history.WriteBinary(&file, h); err != nil {
		t.Fatal(err)
	}
	return h, file.Bytes()
}

func TestWriteBinaryThenReadIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawn(t)
		var file bytes.Buffer
		if err := history.WriteBinary(&file, want); err != nil {
			t.Fatal(err)
		}
		got, err := history.Decode(bytes.NewReader(file.Bytes()), history.Auto)
		if err != nil {
			t.Fatal(err)
		}
		if len(want.Ops) > 0 && !same(want.Ops, got.Ops) || got.Cut != "" {
			t.Errorf("cut is %q, events (-wrote +read):\n%s", got.Cut, cmp.Diff(want.Ops, got.Ops))
		}
	})
}

func TestBinaryKeepsWhatJSONLinesHold(t *testing.T) {
	for name, lines := range map[string]string{
		"two calls":   twoCalls,
		"many blocks": string(recorded(8_000)),
		"odd values": `{"time":5,"process":9223372036854775807,"type":"invoke","f":"x","value":{"a":[1.50,"é\u0000"],"b":null}}
{"time":9223372036854775807,"process":"nemesis","type":"fail","f":"y","key":"k","value":007e,"error":"no"}`,
	} {
		t.Run(name, func(t *testing.T) {
			want, file := inBinary(t, []byte(strings.ReplaceAll(lines, "007e", "-7e3")))
			got, err := history.Decode(bytes.NewReader(file), history.Auto)
			if err != nil {
				t.Fatal(err)
			}
			if !same(want.Ops, got.Ops) || !slices.Equal(want.Calls(), got.Calls()) {
				t.Errorf("(-want +got):\n%s", cmp.Diff(want.Ops, got.Ops))
			}
			streamed, err := all(history.NewStream(bytes.NewReader(file), history.Auto))
			if err != nil || !same(want.Ops, streamed) {
				t.Errorf("streamed %d events, error %v", len(streamed), err)
			}
		})
	}
}

// Wherever the file breaks off, all blocks before are read.
func TestDecodeKeepsTheWholeBlocksOfABinaryFile(t *testing.T) {
	whole, file := inBinary(t, recorded(8_000))
	var ends []int // of blocks
	for at := 8; at < len(file); {
		at += 8 + int(binary.LittleEndian.Uint32(file[at:]))
		ends = append(ends, at)
	}
	if len(ends) < 3 {
		t.Fatalf("only %d blocks", len(ends))
	}
	for _, end := range append([]int{1, 7, 8, 9, 15, 16, 17, ends[0] - 1, ends[0] + 1, ends[1] - 1, ends[1] + 7},
		ends...) {
		h, err := history.Decode(bytes.NewReader(file[:end]), history.Auto)
		if err != nil {
			t.Errorf("cut at byte %d: %v", end, err)
			continue
		}
		between := end != 8
		for _, e := range ends {
			between = between && e != end
		}
		if between != (h.Cut != "") || len(h.Ops) > 0 && !same(h.Ops, whole.Ops[:len(h.Ops)]) ||
			end >= ends[0] && len(h.Ops) == 0 {
			t.Errorf("cut at byte %d: %d events, cut is %q", end, len(h.Ops), h.Cut)
		}
		s := history.NewStream(bytes.NewReader(file[:end]), history.Auto)
		if ops, err := all(s); err != nil || len(ops) != len(h.Ops) || s.Cut() != h.Cut {
			t.Errorf("cut at byte %d: %d events streamed, cut is %q, error %v", end, len(ops), s.Cut(), err)
		}
	}
}

// A program that goes on with a file, or writes now and then, makes the same history as one that
// writes it at once.
func TestBinaryWriterGoesOn(t *testing.T) {
	want, _ := inBinary(t, []byte(twoCalls))
	r, w := io.Pipe()
	s := history.NewStream(r, history.Auto)
	b := history.NewBinaryWriter(w)
	for i := range want.Ops {
		written := make(chan error, 1)
		go func() { written <- errors.Join(b.Add(&want.Ops[i]), b.Flush()) }()
		op, err := s.Next()
		if err != nil || !cmp.Equal(op, want.Ops[i]) {
			t.Fatalf("event %d: %+v, error %v", i, op, err)
		}
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
}

func TestBinaryWriterRefusesWhatCannotBeRead(t *testing.T) {
	good := history.Op{Time: 5, F: "read", Value: []byte("1")}
	for name, spoil := range map[string]func(*history.Op){
		"no f":             func(op *history.Op) { op.F = "" },
		"no such process":  func(op *history.Op) { op.Process = -2 },
		"a value not JSON": func(op *history.Op) { op.Value = []byte("1 2") },
		"too long":         func(op *history.Op) { op.Err = strings.Repeat("a", history.MaxLine) },
		"time falls":       func(op *history.Op) { op.Time = 4 },
	} {
		w := history.NewBinaryWriter(io.Discard)
		if err := w.Add(&good); err != nil {
			t.Fatal(err)
		}
		bad := good
		spoil(&bad)
		if err := w.Add(&bad); err == nil || !strings.HasPrefix(err.Error(), "event 0: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// sealed makes a file of one block with any payload.
func sealed(payload string) []byte {
	file := []byte("\x89svh\r\n\x1a\x01")
	file = binary.LittleEndian.AppendUint32(file, uint32(len(payload)))
	file = binary.LittleEndian.AppendUint32(file, crc32.Checksum([]byte(payload), crc32.MakeTable(crc32.Castagnoli)))
	return append(file, payload...)
}

func TestDecodeSaysWhatIsWrongWithABinaryFile(t *testing.T) {
	const invoke = "\x01\x05\x01\x04read" // one event, at 5 ns, one name
	good := sealed(invoke + "\x00\x00\x03\x00")
	if h, err := history.Decode(bytes.NewReader(good), history.Auto); err != nil || len(h.Ops) != 1 ||
		h.Ops[0].Process != 3 || h.Ops[0].Time != 5 {
		t.Fatalf("a good file: %+v, error %v", h, err)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)-1]++
	newer := bytes.Clone(good)
	newer[7] = 9
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"no binary form":  {[]byte("\x89PNG\r\n\x1a\n0000"), "header: this is not the binary form of a history"},
		"a newer version": {newer, "header: the binary form is of version 9, known is 1"},
		"a flipped bit":   {flipped, "block 1: is damaged: the checksum is another"},
		"too large a block": {append(good, "\xff\xff\xff\xff\x00\x00\x00\x00"...),
			"block 2: has 4294967295 bytes, more than 33554432"},
		"many events":        {sealed("\xff\xff\xff\xff\x0f\x00\x00"), "block 1: its beginning makes no sense"},
		"many names":         {sealed("\x01\x00\xff\xff\xff\xff\x0f"), "block 1: its beginning makes no sense"},
		"no such name":       {sealed(invoke + "\x00\x00\x03\x01"), "block 1: event 0 in it: it cannot be read"},
		"a name without end": {sealed("\x01\x05\x01\x7fread"), "block 1: its names are not whole"},
		"an empty f": {sealed("\x01\x05\x01\x00\x00\x00\x03\x00"),
			"block 1: event 0 in it: an event needs an f"},
		"a time beyond": {sealed(invoke + "\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x03\x00"),
			"block 1: event 0 in it: its time is beyond bounds"},
		"no value": {sealed(invoke + "\x40\x00\x03\x00\x00"),
			"block 1: event 0 in it: its value is not JSON"},
		"half a value": {sealed(invoke + "\x40\x00\x03\x00\x02[1"),
			"block 1: event 0 in it: its value is not JSON"},
		"a value too deep": {sealed(invoke + "\x40\x00\x03\x00\x7f" + strings.Repeat("[", 127)),
			"block 1: event 0 in it: its value is not JSON"},
		"more than events": {sealed(invoke + "\x00\x00\x03\x00\x00"), "block 1: has more than its events"},
		"no history": {sealed(invoke + "\x01\x00\x03\x00"),
			"event 0: process 3 completes read, which it has not invoked (H2)"},
		"a name of two lines": {sealed("\x01\x05\x01\x04re\nd\x01\x00\x03\x00"),
			"event 0: process 3 completes re d, which it has not invoked (H2)"},
	} {
		t.Run(name, func(t *testing.T) {
			test.want += " (read as binary)"
			_, err := history.Decode(bytes.NewReader(test.file), history.Auto)
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if _, streamed := all(history.NewStream(bytes.NewReader(test.file), history.Auto)); streamed == nil ||
				streamed.Error() != test.want {
				t.Errorf("streamed: error %v, want %s", streamed, test.want)
			}
		})
	}
}

// FuzzReadBinary seals what it is given, so that it comes past the checksum.
func FuzzReadBinary(f *testing.F) {
	_, file := inBinary(f, []byte(twoCalls))
	f.Add(file[16:])
	f.Add([]byte("\x01\x05\x01\x04read\x40\x00\x03\x00\x02[]"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		h, err := history.Decode(bytes.NewReader(sealed(string(payload))), history.Binary)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := history.WriteBinary(&again, h); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		back, err := history.Decode(&again, history.Binary)
		if err != nil || len(back.Ops) != len(h.Ops) {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		writesJSON(t, h)
	})
}
