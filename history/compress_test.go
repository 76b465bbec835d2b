package history_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/history"
)

func packed(t testing.TB, c history.Compression, text string) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := c.Writer(&file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestDecodeLooksThroughCompression(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, c := range []history.Compression{history.Plain, history.Gzip, history.Zstd} {
		for name, text := range map[string]string{"JSON lines": twoCalls, "EDN": shapes["one vector"], "nothing": ""} {
			want, err := history.Decode(strings.NewReader(text), history.Auto)
			if err != nil {
				t.Fatal(err)
			}
			file := packed(t, c, text)
			got, err := history.Decode(bytes.NewReader(file), history.Auto)
			if err != nil {
				t.Errorf("%s in %q: %v", name, c, err)
				continue
			}
			streamed, err := all(history.NewStream(bytes.NewReader(file), history.Auto))
			if err != nil || !same(want.Ops, got.Ops) || !same(want.Ops, streamed) {
				t.Errorf("%s in %q: %v, events (-want +got):\n%s", name, c, err, cmp.Diff(want.Ops, got.Ops))
			}
		}
	}
}

func TestCompressionIsToldByTheName(t *testing.T) {
	for name, want := range map[string]struct {
		c    history.Compression
		bare string
	}{
		"h.jsonl":     {history.Plain, "h.jsonl"},
		"h.jsonl.gz":  {history.Gzip, "h.jsonl"},
		"dir/h.zst":   {history.Zstd, "dir/h"},
		"h.gz.backup": {history.Plain, "h.gz.backup"},
	} {
		if c, bare := history.CompressionOf(name); c != want.c || bare != want.bare {
			t.Errorf("%s: %q, %s, want %q, %s", name, c, bare, want.c, want.bare)
		}
	}
}

// A compressed file that breaks off is read as far as it goes, wherever that is.
func TestDecodeKeepsWhatIsLeftOfACompressedFile(t *testing.T) {
	text := string(recorded(2000))
	whole, err := history.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []history.Compression{history.Gzip, history.Zstd} {
		file := packed(t, c, text)
		most := 0
		for _, end := range []int{4, 9, 20, len(file) / 3, len(file) / 2, len(file) - 9, len(file) - 1} {
			h, err := history.Decode(bytes.NewReader(file[:end]), history.Auto)
			if err != nil {
				t.Errorf("%s cut at byte %d: %v", c, end, err)
				continue
			}
			if h.Cut == "" || len(h.Ops) > 0 && !same(h.Ops, whole.Ops[:len(h.Ops)]) {
				t.Errorf("%s cut at byte %d: cut is %q after %d events", c, end, h.Cut, len(h.Ops))
			}
			most = max(most, len(h.Ops))
		}
		if most == 0 {
			t.Errorf("%s: nothing was read of any part", c)
		}
	}
}

func TestDecodeRefusesDamagedAndBoundlessFiles(t *testing.T) {
	damaged := packed(t, history.Gzip, twoCalls)
	damaged[len(damaged)-5]++ // its checksum
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"damaged":           {damaged, "line 4: the gzip file is damaged: "},
		"no gzip at all":    {[]byte("\x1f\x8bnonsense, and more of it"), "gzip: invalid header"},
		"a window too wide": {[]byte("\x28\xb5\x2f\xfd\x00\xff"), "line 1: the zstd file is damaged: "},
		"holds too much": {packed(t, history.Zstd, strings.Repeat("\n", 4<<20)),
			"the zstd file holds more than 200 times its size"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := history.Decode(bytes.NewReader(test.file), history.JSONL); err == nil ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want …%s…", err, test.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range []history.Compression{history.Plain, history.Gzip, history.Zstd} {
		f.Add(packed(f, c, twoCalls))
		f.Add(packed(f, c, shapes["one vector"]))
	}
	_, binary := inBinary(f, []byte(twoCalls))
	f.Add(binary)
	f.Add([]byte(kvLog))
	f.Add([]byte(etcdLog))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := history.Decode(bytes.NewReader(data), history.Auto)
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("an error of several lines: %v", err)
		}
		s := history.NewStream(bytes.NewReader(data), history.Auto)
		ops, streamErr := all(s)
		if fmt.Sprint(err) != fmt.Sprint(streamErr) {
			t.Fatalf("decoded: %v, streamed: %v", err, streamErr)
		}
		if err != nil {
			return
		}
		if s.Cut() != h.Cut || len(ops) != len(h.Ops) || len(ops) > 0 && !same(ops, h.Ops) {
			t.Fatalf("cut %q, streamed %q, events (-decoded +streamed):\n%s", h.Cut, s.Cut(), cmp.Diff(h.Ops, ops))
		}
		if _, err := history.New(h.Ops); err != nil {
			t.Fatalf("what was decoded is no history: %v", err)
		}
		if _, err := s.Next(); !errors.Is(err, io.EOF) {
			t.Fatalf("after the end: %v", err)
		}
	})
}
