package wal_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/node/frame"
	"github.com/splitvote/splitvote/node/wal"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/wire"
)

type Vote struct{ Term int }

type Snapshot struct{ Upto int }

var codec = wire.New(Vote{}, Snapshot{})

func vote(term int) protocol.Record { return protocol.Record{Data: Vote{term}} }
func snapshot(upto int) protocol.Record {
	return protocol.Record{Checkpoint: true, Data: Snapshot{upto}}
}

func open(t testing.TB, dir string) (*wal.Log, wal.Recovery) {
	t.Helper()
	l, recovery, err := wal.Open(dir, codec)
	if err != nil {
		t.Fatal(err)
	}
	return l, recovery
}

func write(t testing.TB, l *wal.Log, records ...protocol.Record) {
	t.Helper()
	for _, r := range records {
		if err := l.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Sync(); err != nil {
		t.Fatal(err)
	}
}

func finish(t testing.TB, l *wal.Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// holds opens the log in dir and compares its records with want.
func holds(t testing.TB, dir string, torn int, want ...protocol.Record) {
	t.Helper()
	l, recovery := open(t, dir)
	finish(t, l)
	if diff := cmp.Diff(want, recovery.Records); diff != "" || recovery.Torn != int64(torn) {
		t.Errorf("recovered, with %d bytes torn, want %d (-want +got):\n%s", recovery.Torn, torn, diff)
	}
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// one returns the only segment in dir and its data.
func one(t testing.TB, dir string) (path string, data []byte) {
	t.Helper()
	names := files(t, dir)
	if len(names) != 1 {
		t.Fatalf("the directory holds %q, want one segment", names)
	}
	path = filepath.Join(dir, names[0])
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, data
}

func put(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestKeepsWhatWasSynced(t *testing.T) { // W1
	dir := filepath.Join(t.TempDir(), "data", "wal")
	l, recovery := open(t, filepath.Dir(dir))
	finish(t, l)
	if len(recovery.Records) > 0 {
		t.Errorf("a new log holds %v", recovery.Records)
	}
	l, _ = open(t, dir)
	write(t, l, vote(1), vote(2))
	if err := l.Append(vote(3)); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, 0, vote(1), vote(2)) // as after a kill: the third was never synced
	finish(t, l)
	holds(t, dir, 0, vote(1), vote(2), vote(3))
	l, _ = open(t, dir)
	write(t, l, vote(4))
	finish(t, l)
	holds(t, dir, 0, vote(1), vote(2), vote(3), vote(4))
}

func TestCheckpointReplaces(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	write(t, l, vote(1))
	write(t, l, vote(2), snapshot(2), vote(3))
	holds(t, dir, 0, snapshot(2), vote(3))
	write(t, l, vote(4), snapshot(4))
	holds(t, dir, 0, snapshot(4))
	write(t, l, vote(5))
	finish(t, l)
	holds(t, dir, 0, snapshot(4), vote(5))
	if diff := cmp.Diff([]string{"000003.wal"}, files(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestTornTail(t *testing.T) { // W3
	dir := t.TempDir()
	l, _ := open(t, dir)
	write(t, l, vote(1))
	_, before := one(t, dir)
	write(t, l, vote(2))
	finish(t, l)
	path, whole := one(t, dir)
	for cut := len(before); cut < len(whole); cut++ {
		for name, tail := range map[string][]byte{
			"missing": nil,
			"zeros":   make([]byte, len(whole)-cut),
			"garbage": bytes.Repeat([]byte{0xa5}, len(whole)-cut),
		} {
			put(t, path, append(bytes.Clone(whole[:cut]), tail...))
			torn := cut - len(before) + len(tail)
			holds(t, dir, torn, vote(1))
			if _, data := one(t, dir); !bytes.Equal(data, before) {
				t.Fatalf("cut at %d, %s: the tail is still there", cut, name)
			}
			l, _ := open(t, dir)
			write(t, l, vote(3))
			finish(t, l)
			holds(t, dir, 0, vote(1), vote(3))
		}
	}
}

func TestCorruptMiddle(t *testing.T) { // W3
	dir := t.TempDir()
	l, _ := open(t, dir)
	_, empty := one(t, dir)
	write(t, l, vote(1))
	_, first := one(t, dir)
	write(t, l, vote(2))
	finish(t, l)
	path, whole := one(t, dir)
	for at := len(empty); at < len(first); at++ {
		bad := bytes.Clone(whole)
		bad[at] ^= 0x40
		put(t, path, bad)
		_, _, err := wal.Open(dir, codec)
		want := fmt.Sprintf("write-ahead log: %s: offset %d: corrupt record, and a readable one follows at offset %d",
			path, len(empty), len(first))
		if err == nil || err.Error() != want {
			t.Fatalf("byte %d damaged: error %v, want %s", at, err, want)
		}
		if _, data := one(t, dir); !bytes.Equal(data, bad) {
			t.Fatal("a refused log was changed")
		}
	}
}

func TestRefusals(t *testing.T) {
	unknown := frame.Append([]byte("splitvote wal 1\n"), []byte(`r{"gossip":{}}`))
	for name, test := range map[string]struct{ data, want string }{
		"empty":        {"", `offset 0: not a segment: want "splitvote wal 1\n"`},
		"other":        {"something else entirely", `offset 0: not a segment: want "splitvote wal 1\n"`},
		"version":      {"splitvote wal 2\n", `offset 0: not a segment: want "splitvote wal 1\n"`},
		"unknown type": {string(unknown), `offset 16: not a record: wire: unknown type "gossip"`},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "000001.wal")
		put(t, path, []byte(test.data))
		if _, _, err := wal.Open(dir, codec); err == nil || err.Error() != "write-ahead log: "+path+": "+test.want {
			t.Errorf("%s: error %v, want %s", name, err, test.want)
		}
	}
}

// TestCrashWithinCheckpoint puts the directory into every state that a crash can leave while
// segment 2 replaces 1.
func TestCrashWithinCheckpoint(t *testing.T) { // W2
	dir := t.TempDir()
	l, _ := open(t, dir)
	write(t, l, vote(1))
	_, old := one(t, dir)
	write(t, l, snapshot(1))
	finish(t, l)
	_, next := one(t, dir)

	const oldName, newName = "000001.wal", "000002.wal"
	crash := func(what string, left map[string][]byte, want protocol.Record) {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range left {
				put(t, filepath.Join(dir, name), data)
			}
			holds(t, dir, 0, want)
			one(t, dir)
			l, _ := open(t, dir)
			write(t, l, vote(7), snapshot(7), vote(8))
			finish(t, l)
			holds(t, dir, 0, snapshot(7), vote(8))
		})
	}
	for cut := 0; cut <= len(next); cut += 5 {
		crash(fmt.Sprintf("after %d bytes", cut), map[string][]byte{oldName: old, newName + ".new": next[:cut]},
			vote(1))
	}
	crash("before the rename", map[string][]byte{oldName: old, newName + ".new": next}, vote(1))
	crash("before the removal", map[string][]byte{oldName: old, newName: next}, snapshot(1))
	crash("after the removal", map[string][]byte{newName: next}, snapshot(1))
}

func TestLeavesOtherFilesAlone(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"1.wal", "notes.wal", "README", "000000.wal"} {
		put(t, filepath.Join(dir, name), nil)
	}
	l, _ := open(t, dir)
	write(t, l, snapshot(1))
	finish(t, l)
	want := []string{"000000.wal", "000002.wal", "1.wal", "README", "notes.wal"}
	if diff := cmp.Diff(want, files(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestStopsAfterAFailure(t *testing.T) { // W4
	dir := filepath.Join(t.TempDir(), "gone")
	l, _ := open(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	first := l.Append(snapshot(1))
	if first == nil || !strings.HasPrefix(first.Error(), "write-ahead log: ") {
		t.Fatalf("a checkpoint in a directory that is gone: %v", first)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"append": l.Append(vote(1)), "sync": l.Sync(), "checkpoint": l.Append(snapshot(2)), "close": l.Close(),
	} {
		if err == nil || err.Error() != first.Error() {
			t.Errorf("%s after a failure: %v, want %v", what, err, first)
		}
	}
}

func TestRefusesUnknownData(t *testing.T) {
	l, _ := open(t, t.TempDir())
	defer finish(t, l)
	if err := l.Append(protocol.Record{Data: 7}); err == nil {
		t.Error("a record that the codec does not know was taken")
	}
}

func FuzzOpen(f *testing.F) {
	good := []byte("splitvote wal 1\n")
	for _, payload := range []string{`c{"snapshot":{"Upto":3}}`, `r{"vote":{"Term":4}}`} {
		good = frame.Append(good, []byte(payload))
	}
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add(append(bytes.Clone(good), make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "000001.wal"), data)
		l, first, err := wal.Open(dir, codec)
		if err != nil {
			return
		}
		write(t, l, vote(9))
		finish(t, l)
		holds(t, dir, 0, append(first.Records, vote(9))...)
	})
}
