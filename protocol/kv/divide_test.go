package kv_test

import (
	"bytes"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

var _ protocol.Divisible = kv.New()

func TestAccesses(t *testing.T) {
	for _, test := range []struct{ object, f, key, value, want string }{
		{"register", "read", "x", "", "register/x"},
		{"cas-register", "cas", "x", "[1,2]", "register/x!"},
		{"fifo-queue", "dequeue", "", "", "fifo-queue/!"},
		{"list-append", "txn", "", `[["r","x",null],["append",7,1],["append","x",2]]`, "append-list/x! append-list/7!"},
		{"rw-register", "txn", "", `[["w","y",1],["r","x",null],["r","y",null]]`, "register/y! register/x"},
		{"rw-register", "txn", "", "[]", ""},
		{"rw-register", "txn", "", `[["w","y",1],["w"]]`, ""},
		{"bank", "transfer", "", `{"from":3,"to":1,"amount":2}`, "bank/3! bank/1!"},
		{"bank", "read", "", "[5,2]", "bank/5 bank/2"},
		{"bank", "read", "", "", "bank/0 bank/1 bank/2 bank/3 bank/4 bank/5 bank/6 bank/7"},
		{"stick", "read", "x", "", ""},
	} {
		var got []string
		c := kv.Command{Object: test.object, F: test.f, Key: test.key, Value: []byte(test.value)}
		for _, a := range kv.New().Accesses(c.Encode()) {
			mark := ""
			if a.Write {
				mark = "!"
			}
			got = append(got, a.Key+mark)
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s of %s %s touches (-want +got):\n%s", test.f, test.object, test.value, diff)
		}
	}
}

// shards are stores that each hold some of the keys.
type shards []*kv.Store

func (s shards) of(key string) int {
	h := fnv.New32a()
	h.Write([]byte(key))
	return int(h.Sum32() % uint32(len(s)))
}

// carry tries the parts of a command, carries them out if all agree, and gives the joined result.
func (s shards) carry(t *rapid.T, command []byte) []byte {
	whole := kv.New()
	touched := map[int]bool{}
	for _, a := range whole.Accesses(command) {
		touched[s.of(a.Key)] = true
	}
	if len(touched) == 0 {
		touched[0] = true
	}
	var parts, tried, done [][]byte
	var stores []*kv.Store
	agreed := true
	for i, store := range s {
		if !touched[i] {
			continue
		}
		part := whole.Part(command, func(key string) bool { return s.of(key) == i })
		parts, stores = append(parts, part), append(stores, store)
		before := store.Snapshot()
		answer := store.Query(part)
		tried, agreed = append(tried, answer), agreed && store.Agreed(answer)
		if !bytes.Equal(before, store.Snapshot()) {
			t.Fatalf("trying %q changed the store", part)
		}
	}
	if !agreed {
		return whole.Join(command, tried)
	}
	for i, part := range parts {
		done = append(done, stores[i].Apply(part))
	}
	if diff := cmp.Diff(tried, done); diff != "" {
		t.Fatalf("a part was tried with one result and carried out with another:\n%s", diff)
	}
	if len(done) == 2 && rapid.Bool().Draw(t, "swapped") {
		done[0], done[1] = done[1], done[0]
	}
	return whole.Join(command, done)
}

// Stores that partition the keys and carry out parts of commands act as one store.
func TestDivided(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, many := kv.New(), shards{kv.New(), kv.New(), kv.New()}
		for _, c := range rapid.SliceOf(commands).Draw(t, "commands") {
			tried := one.Query(c.Encode())
			got := many.carry(t, c.Encode())
			c.Session = ""
			want := one.Apply(c.Encode())
			if diff := cmp.Diff(want, tried); diff != "" { // K3
				t.Fatalf("%+v is tried with another result (-applied +tried):\n%s", c, diff)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%+v carried out in parts (-one store +three):\n%s", c, diff)
			}
		}
	})
}

func TestJoinRefusesWhatItCannotRead(t *testing.T) {
	store := kv.New()
	read := kv.Command{Object: "list-append", F: "txn", Value: []byte(`[["r","x",null]]`)}.Encode()
	for name, results := range map[string][][]byte{
		"no result":           nil,
		"a damaged result":    {{0xff}},
		"another kind's":      {kv.Result{OK: true, Value: []byte(`{"0":1}`)}.Encode()},
		"a read of other key": {kv.Result{OK: true, Value: []byte(`[["r","y",[1]]]`)}.Encode()},
	} {
		if joined := store.Join(read, results); store.Agreed(joined) {
			t.Errorf("%s was joined: %q", name, joined)
		}
	}
}
