package history_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/history"
)

const readOne = `{"process":0,"type":"invoke","f":"read","key":"x"}` + "\n" +
	`{"process":0,"type":"ok","f":"read","key":"x","value":1}` + "\n"

const readOneEDN = "{:process 0, :type :invoke, :f :read, :value nil}\n{:process 0, :type :ok, :f :read, :value 1}\n"

// A header says what objects hold before any call, in whichever form and however the file is read.
func TestInitial(t *testing.T) {
	for _, test := range []struct{ name, file, x, y string }{
		{"none", readOne, "", ""},
		{"header without", `{"expect":"valid"}` + "\n" + readOne, "", ""},
		{"all keys", `{"initial":7}` + "\n" + readOne, "7", "7"},
		{"one key", `{"initial-by-key":{"x":[1,2]}}` + "\n" + readOne, "[1,2]", ""},
		{"all but one", `{"initial":0,"initial-by-key":{"y":null}}` + "\n" + readOne, "0", "null"},
		{"EDN", "{:initial 7}\n" + readOneEDN, "7", "7"},
		{"EDN, by key", "{:initial-by-key {:x #{1}, \"y\" nil}}\n" + readOneEDN, "[1]", "null"},
		{"EDN, one vector", "[{:initial 0} " + readOneEDN + "]", "0", "0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, err := history.Decode(strings.NewReader(test.file), history.Auto)
			if err != nil {
				t.Fatal(err)
			}
			s := history.NewStream(strings.NewReader(test.file), history.Auto)
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
			for how, initial := range map[string]history.Initial{"whole": h.Initial, "stream": s.Initial(),
				"filtered": h.Filter(func(*history.Op) bool {
					return true
				}).Initial, "tuples": history.SplitTuples(h).Initial} {
				if x, y := string(initial.Of("x")), string(initial.Of("y")); x != test.x || y != test.y {
					t.Errorf("%s: x holds %q and y %q, want %q and %q", how, x, y, test.x, test.y)
				}
			}
			for form, write := range map[string]func(*bytes.Buffer) error{
				"JSON lines": func(b *bytes.Buffer) error { return history.Write(b, h) },
				"EDN":        func(b *bytes.Buffer) error { return history.WriteEDN(b, h) },
			} {
				var out bytes.Buffer
				if err := write(&out); err != nil {
					t.Fatal(err)
				}
				again, err := history.Decode(&out, history.Auto)
				if err != nil {
					t.Fatal(err)
				}
				if x, y := string(again.Initial.Of("x")), string(again.Initial.Of("y")); x != test.x || y != test.y {
					t.Errorf("written as %s: x holds %q and y %q, want %q and %q", form, x, y, test.x, test.y)
				}
			}
			if err := history.WriteBinary(&bytes.Buffer{}, h); (err != nil) != h.Initial.Given() {
				t.Errorf("the binary form, which has no header: %v", err)
			}
		})
	}
}

func TestInitialMalformed(t *testing.T) {
	for file, want := range map[string]string{
		`{"initial-by-key":3}` + "\n" +
			readOne: "line 1: initial-by-key is 3, want an object {key: value} (read as jsonl)",
		"{:initial-by-key {:x 1, \"x\" 2}}\n" + readOneEDN: "line 1: initial-by-key names x twice, as keys of " +
			"different kinds: want keys of one kind (read as edn)",
		"{:initial-by-key {:x 1}}\n{:process 0 :type :invoke :f :read :value #independent [\"x\" nil]}\n{:process 1 " +
			":type :invoke :f :read :value #independent [:x nil]}\n": `line 3: the keys "x" and "#keyword x" differ, and initial-by-key does not tell which of them x is (read as edn)`,
		"{:initial-by-key {:x 1}}\n{:process 0 :type :invoke :f :txn :value [[:w \"y\" \"x\"]]}\n{:process 1 :type " +
			":invoke :f :txn :value [[:r :x nil]]}\n": "line 3: x is a key and a keyword besides, and " +
			"initial-by-key does not tell which of them it means (read as edn)",
		`{"initial-by-key":{"7":1}}` + "\n" + `{"process":0,"type":"invoke","f":"read","key":"7"}` + "\n" +
			`{"process":1,"type":"invoke","f":"read","key":7}` +
			"\n": `line 3: the keys "7" and "#number 7" differ, and initial-by-key does not tell which of them 7 is (read as jsonl)`,
		"{:initial-by-key [1]}\n" + readOneEDN: "line 1: initial-by-key wants a map {key value} (read as edn)",
	} {
		if _, err := history.Decode(strings.NewReader(file), history.Auto); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
		if _, err := all(history.NewStream(strings.NewReader(file), history.Auto)); err == nil || err.Error() != want {
			t.Errorf("%q as a stream: %v, want %s", file, err, want)
		}
	}
}

// What a caller says wins over what the file says; what it says of all keys, over what the file
// says of single ones.
func TestInitialOverride(t *testing.T) {
	file := history.Initial{All: []byte("0"), Keys: map[string]json.RawMessage{"x": []byte("1")}}
	for _, test := range []struct {
		by      history.Initial
		x, y, z string
	}{
		{history.Initial{}, "1", "0", "0"},
		{history.Initial{All: []byte("2")}, "2", "2", "2"},
		{history.Initial{Keys: map[string]json.RawMessage{"y": []byte("3")}}, "1", "3", "0"},
		{history.Initial{All: []byte("2"), Keys: map[string]json.RawMessage{"y": []byte("3")}}, "2", "3", "2"},
	} {
		got := file.Override(test.by)
		if x, y, z := string(got.Of("x")), string(got.Of("y")),
			string(got.Of("z")); x != test.x || y != test.y || z != test.z {
			t.Errorf("%v: %s %s %s, want %s %s %s", test.by, x, y, z, test.x, test.y, test.z)
		}
	}
}
