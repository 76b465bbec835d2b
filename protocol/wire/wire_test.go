package wire_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/wire"
)

type Append struct {
	Term     uint64
	Entries  []protocol.Entry
	Snapshot []byte `json:",omitempty"`
}

type vote struct{ Granted bool }

type unlisted struct{}

func TestRoundTrip(t *testing.T) { // W1
	codec := wire.New(Append{}, &vote{})
	for _, test := range []struct {
		v    any
		want string
	}{
		{Append{Term: 3}, `{"append":{"Term":3,"Entries":null}}`},
		{
			Append{Term: 1<<64 - 1, Entries: []protocol.Entry{{Index: 1, Term: 2, Command: []byte{0, 255}}},
				Snapshot: []byte("x}")},
			`{"append":{"Term":18446744073709551615,"Entries":[{"Index":1,"Term":2,"Command":"AP8="}],"Snapshot":"eH0="}}`,
		},
		{&vote{Granted: true}, `{"vote":{"Granted":true}}`},
	} {
		data, err := codec.Marshal(test.v)
		if err != nil {
			t.Fatal(err)
		}
		if string(data) != test.want {
			t.Errorf("wrote %s, want %s", data, test.want)
		}
		got, err := codec.Unmarshal(data)
		clear(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.v, got); diff != "" {
			t.Errorf("%s came back different (-want +got):\n%s", test.want, diff)
		}
	}
}

func TestRefusals(t *testing.T) { // W2
	codec := wire.New(Append{}, &vote{})
	for data, want := range map[string]string{
		``:                        `wire: want {"type":{...}}, found ""`,
		`null`:                    `wire: want {"type":{...}}, found "null"`,
		`{"append"}`:              `wire: want {"type":{...}}, found "{\"append\"}"`,
		`{"gossip":{}}`:           `wire: unknown type "gossip"`,
		`{"vote":null}`:           `wire: bad vote: it is null`,
		`{"append":{}`:            `wire: bad append: unexpected end of JSON input`,
		`{"append":{},"vote":{}}`: `wire: bad append: invalid character ',' after top-level value`,
		`{"append":{}} {}`:        `wire: bad append: invalid character '}' after top-level value`,
		`{"append":{"Term":-1}}`:  `wire: bad append: json: cannot unmarshal number -1`,
		`{"` + strings.Repeat("a", 99) +
			``: `wire: want {"type":{...}}, found "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" ...`,
	} {
		if _, err := codec.Unmarshal([]byte(data)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("reading %s: error %v, want %s", data, err, want)
		}
	}
	for _, v := range []any{unlisted{}, nil, &Append{}, vote{}} {
		if _, err := codec.Marshal(v); err == nil || !strings.Contains(err.Error(), "not one of this codec's types") {
			t.Errorf("writing a %T: error %v", v, err)
		}
	}
}

func TestSameTagTwice(t *testing.T) {
	type append struct{}
	defer func() {
		if recover() == nil {
			t.Error("two types with one tag were accepted")
		}
	}()
	wire.New(Append{}, append{})
}

func FuzzUnmarshal(f *testing.F) {
	codec := wire.New(Append{}, &vote{})
	f.Add([]byte(`{"append":{"Term":3,"Entries":[{"Index":1,"Term":2,"Command":"AP8="}]}}`))
	f.Add([]byte(`{"vote":{"Granted":true}}`))
	f.Add([]byte(`{"append":{"Snapshot":""}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := codec.Unmarshal(data)
		if err != nil {
			return
		}
		again, err := codec.Marshal(v)
		if err != nil {
			t.Fatalf("%#v was read but cannot be written: %v", v, err)
		}
		if w, err := codec.Unmarshal(again); err != nil || !cmp.Equal(v, w, cmpopts.EquateEmpty()) {
			t.Fatalf("%s came back as %#v (%v), want %#v", again, w, err, v)
		}
	})
}

func BenchmarkRoundTrip(b *testing.B) {
	codec := wire.New(Append{})
	v := Append{Term: 3, Entries: []protocol.Entry{{Index: 7, Term: 3, Command: make([]byte, 60)}}}
	for b.Loop() {
		data, err := codec.Marshal(v)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := codec.Unmarshal(data); err != nil {
			b.Fatal(err)
		}
	}
}
