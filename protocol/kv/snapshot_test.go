package kv_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/protocol/kv"
)

// calls are those that can succeed, with arguments to draw from.
var calls = []struct {
	object, f string
	values    []string
}{
	{"register", "read", []string{""}},
	{"register", "write", []string{"1", "2", "null", `"x"`}},
	{"cas-register", "cas", []string{"[1,2]", "[2,1]", "[null,1]", "bad"}},
	{"append-list", "append", []string{"1", "2"}},
	{"append-list", "read", []string{""}},
	{"set", "add", []string{"1", "2", "30"}},
	{"set", "remove", []string{"1", "2", "30"}},
	{"set", "contains", []string{"1", "2", "30"}},
	{"set", "read", []string{""}},
	{"counter", "add", []string{"1", "-5"}},
	{"counter", "read", []string{""}},
	{"fifo-queue", "enqueue", []string{"1", "2"}},
	{"fifo-queue", "dequeue", []string{""}},
	{"fenced-mutex", "acquire", []string{""}},
	{"fenced-mutex", "release", []string{"1", "2", "3"}},
	{"unique-ids", "generate", []string{""}},
	{"list-append", "txn", []string{
		`[["append","x",1],["append","y",2]]`, `[["r","y",null],["append","x",3],["r","x",null]]`,
		`[["append","x",1],["r"]]`,
		`[["r","z",null],["r","x",null],["r","y",null],["r","x",null]]`, `[]`,
	}},
	{"rw-register", "txn", []string{
		`[["w","x",1],["w","z",2]]`, `[["r","x",null],["w","x",3],["r","x",null],["r","y",null]]`,
		`[["w","x",5],["w","x"]]`,
	}},
	{"bank", "transfer", []string{
		`{"from":"0","to":"1","amount":5}`, `{"from":"1","to":"0","amount":9}`, `{"from":"0","to":"8","amount":5}`,
	}},
	{"bank", "read", []string{"", `["1","0"]`}},
	{"bank", "deposit", []string{"3"}},
	{"no-such", "read", []string{""}},
}

var commands = rapid.Custom(func(t *rapid.T) kv.Command {
	call := rapid.SampledFrom(calls).Draw(t, "call")
	keys := []string{"", "x", "y"}
	switch {
	case call.f == "deposit":
		keys = []string{"0", "1", "9"}
	case kv.Compound(call.object):
		keys = keys[:1]
	}
	return kv.Command{
		Session: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "session"),
		Seq:     rapid.Uint64Range(0, 9).Draw(t, "seq"),
		Object:  call.object,
		F:       call.f,
		Key:     rapid.SampledFrom(keys).Draw(t, "key"),
		Value:   []byte(rapid.SampledFrom(call.values).Draw(t, "value")),
	}
})

func TestStateIsAFunctionOfTheCommands(t *testing.T) { // K1, K5
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(commands).Draw(t, "commands")
		cut := rapid.IntRange(0, len(list)).Draw(t, "snapshot after")
		straight, restored := kv.New(), kv.New()
		for i, c := range list {
			if i == cut {
				snapshot := straight.Snapshot()
				if err := restored.Restore(snapshot); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(snapshot, restored.Snapshot()); diff != "" {
					t.Fatalf("a restored store has another snapshot:\n%s", diff)
				}
			}
			got := straight.Apply(c.Encode())
			if i < cut {
				continue
			}
			if diff := cmp.Diff(got, restored.Apply(c.Encode())); diff != "" {
				t.Fatalf("a restored store answers differently:\n%s", diff)
			}
		}
		if cut < len(list) && !bytes.Equal(straight.Snapshot(), restored.Snapshot()) {
			t.Fatal("the same commands gave two snapshots")
		}
	})
}

func TestCodesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := commands.Draw(t, "command")
		back, err := kv.Decode(c.Encode())
		if diff := cmp.Diff(c, back, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Fatalf("a command came back different (%v):\n%s", err, diff)
		}
		r := kv.Result{
			OK:         rapid.Bool().Draw(t, "ok"),
			Superseded: rapid.Bool().Draw(t, "superseded"),
			Value:      rapid.SliceOfN(rapid.Byte(), 1, -1).Draw(t, "value"),
			Err:        rapid.String().Draw(t, "err"),
		}
		got, err := kv.DecodeResult(r.Encode())
		if diff := cmp.Diff(r, got); diff != "" || err != nil {
			t.Fatalf("a result came back different (%v):\n%s", err, diff)
		}
	})
}

func full(t testing.TB) *kv.Store {
	store := kv.New()
	for i, call := range calls {
		key := "x"
		if kv.Compound(call.object) {
			key = ""
		}
		result(t, store.Apply, kv.Command{
			Session: "a", Seq: uint64(i), Object: call.object, F: call.f, Key: key, Value: []byte(call.values[0]),
		})
	}
	return store
}

func TestRestoreRefusesDamage(t *testing.T) { // K5
	good := full(t).Snapshot()
	store := full(t)
	result(t, store.Apply, kv.Command{Object: "unique-ids", F: "generate"})
	before := store.Snapshot()
	refuse := func(what string, snapshot []byte) {
		t.Helper()
		if err := store.Restore(snapshot); err == nil {
			t.Errorf("restored a snapshot with %s", what)
		}
		if !bytes.Equal(before, store.Snapshot()) {
			t.Fatalf("a snapshot with %s changed the store", what)
		}
	}
	for i := range good {
		if i > 0 {
			refuse("its end missing", good[:i])
		}
		bad := slices.Clone(good)
		bad[i] ^= 0x10
		refuse("a flipped bit", bad)
	}
	refuse("something after it", append(slices.Clone(good), 0))
	refuse("another version", sealed([]byte{2, 0, 0}))
	if err := store.Restore(nil); err != nil || !bytes.Equal(store.Snapshot(), kv.New().Snapshot()) {
		t.Errorf("an empty snapshot is not the initial state (%v)", err)
	}
}

// sealed appends a valid checksum to body, so that the test reaches the decoder.
func sealed(body []byte) []byte {
	return binary.BigEndian.AppendUint32(slices.Clone(body), crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

func FuzzRestore(f *testing.F) {
	good := full(f).Snapshot()
	f.Add(good[:len(good)-4])
	f.Add([]byte{1, 0, 0})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, body []byte) {
		store := kv.New()
		if store.Restore(sealed(body)) != nil {
			return
		}
		if got := store.Snapshot(); !bytes.Equal(got, sealed(body)) {
			t.Fatalf("%q was restored, and is now %q", body, got)
		}
	})
}

// Whatever JSON a client sends, a refused command has changed nothing, and an accepted one gave the
// same result when tried.
func FuzzValue(f *testing.F) { // K3, K4, K6
	for _, call := range calls {
		for _, value := range call.values {
			f.Add(call.object, call.f, value)
		}
	}
	f.Fuzz(func(t *testing.T, object, call, text string) {
		value, err := kv.Compact([]byte(text))
		if err != nil {
			return
		}
		store := full(t)
		before := store.Snapshot()
		command := kv.Command{Object: object, F: call, Value: value}.Encode()
		tried := store.Query(command)
		if !bytes.Equal(before, store.Snapshot()) {
			t.Fatal("a query changed the store")
		}
		applied := store.Apply(command)
		if !bytes.Equal(tried, applied) {
			t.Fatalf("tried as %q, applied as %q", tried, applied)
		}
		if !store.Agreed(applied) && !bytes.Equal(before, store.Snapshot()) {
			t.Fatalf("%q is refused and changed the store", value)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(kv.Command{Session: "a", Seq: 300, Object: "register", F: "write", Key: "x", Value: []byte("1")}.Encode())
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := kv.Decode(data); err == nil && !bytes.Equal(c.Encode(), data) {
			t.Fatalf("%q was read as %+v, which is written %q", data, c, c.Encode())
		}
		if r, err := kv.DecodeResult(data); err == nil && !bytes.Equal(r.Encode(), data) {
			t.Fatalf("%q was read as %+v, which is written %q", data, r, r.Encode())
		}
	})
}
