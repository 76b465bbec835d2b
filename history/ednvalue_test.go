package history_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/history"
)

// thing is a form of EDN: how it is spelt, and a name that equal forms share.
type thing struct{ spelt, name string }

// things draws forms whose spellings resemble each other.
func things(depth int) *rapid.Generator[thing] {
	return rapid.Custom(func(t *rapid.T) thing {
		kinds := 7
		if depth > 0 {
			kinds = 11
		}
		word := rapid.SampledFrom([]string{"a", "b", "1", "#a", "[1,2]", "a b", "1/2", "NaN"})
		token := rapid.SampledFrom([]string{"a", "b", "a/b"})
		switch kind := rapid.IntRange(0, kinds).Draw(t, "kind"); kind {
		case 0:
			s := word.Draw(t, "string")
			return thing{fmt.Sprintf("%q", s), "string " + s}
		case 1:
			s := rapid.SampledFrom([]string{"a", "b", "1", "1/2", "#a", "a/b"}).Draw(t, "keyword")
			return thing{":" + s, "keyword " + s}
		case 2:
			s := token.Draw(t, "symbol")
			return thing{s, "symbol " + s}
		case 3:
			s := rapid.SampledFrom([]string{"a", "b", "1"}).Draw(t, "char")
			return thing{`\` + s, "char " + s}
		case 4:
			s := rapid.SampledFrom([]string{"0", "1", "2"}).Draw(t, "number")
			return thing{s, "number " + s}
		case 5:
			s := rapid.SampledFrom([]string{"1/2", "2/4", "3/6"}).Draw(t, "ratio")
			return thing{s, "ratio 1/2"}
		case 6:
			return thing{"nil", "nil"}
		case 7:
			return thing{"##NaN", "special"}
		case 8, 9, 10:
			items := rapid.SliceOfN(things(depth-1), 0, 3).Draw(t, "items")
			if kind == 10 {
				items = slices.CompactFunc(slices.SortedFunc(slices.Values(items), func(a, b thing) int {
					return strings.Compare(a.name, b.name)
				}),
					func(a, b thing) bool { return a.name == b.name })
				slices.Reverse(items) // in some order
			}
			var spelt, names []string
			for _, i := range items {
				spelt, names = append(spelt, i.spelt), append(names, i.name)
			}
			list := strings.Join(spelt, " ")
			switch kind {
			case 8:
				return thing{"[" + list + "]", fmt.Sprintf("list %q", names)}
			case 9:
				return thing{"(" + list + ")", fmt.Sprintf("list %q", names)}
			}
			return thing{"#{" + list + "}", fmt.Sprintf("set %q", slices.Sorted(slices.Values(names)))}
		}
		key, value := things(depth-1).Draw(t, "key"), things(depth-1).Draw(t, "value")
		other := thing{":other", "keyword other"}
		if key.name == other.name || rapid.Bool().Draw(t, "first") {
			return thing{fmt.Sprintf("{%s %s %s 1}", key.spelt, value.spelt, other.spelt),
				"map " + key.name + value.name}
		}
		return thing{fmt.Sprintf("{%s 1 %s %s}", other.spelt, key.spelt, value.spelt), "map " + key.name + value.name}
	})
}

// Two values of a history are the same JSON if and only if they are equal as EDN, as values, as
// keys and as elements, and so they are after a conversion to EDN or to JSON lines and back.
func TestEDNEquality(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(things(2), 2, 8).Draw(t, "values")
		var file strings.Builder
		for i, v := range all {
			fmt.Fprintf(&file, "{:process %d, :type :invoke, :f :write, :value #jepsen.independent.Tuple [%s [%s]]}\n",
				i, v.spelt, v.spelt)
		}
		h, err := history.ReadEDN(strings.NewReader(file.String()))
		if err != nil {
			t.Fatalf("%v\n%s", err, file.String())
		}
		equalAs(t, "read", file.String(), all, h)
		var again bytes.Buffer
		if err := history.WriteEDN(&again, h); err != nil {
			t.Fatal(err)
		}
		h, err = history.ReadEDN(bytes.NewReader(again.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		equalAs(t, "written and read", again.String(), all, history.SplitTuples(h))
	})
}

func equalAs(t *rapid.T, how, file string, all []thing, h *history.History) {
	for i, a := range all {
		for j, b := range all[:i] {
			want := a.name == b.name
			if got := bytes.Equal(h.Ops[i].Value, h.Ops[j].Value); got != want {
				t.Fatalf("%s: %s and %s are equal: %v, as JSON %s and %s: %v\n%s", how, a.spelt, b.spelt, want,
					h.Ops[i].Value, h.Ops[j].Value, got, file)
			}
			if got := h.Ops[i].Key == h.Ops[j].Key; h.Ops[i].Key != "" && got != want {
				t.Fatalf("%s: the keys %s and %s are equal: %v, as %q and %q: %v\n%s", how, a.spelt, b.spelt, want,
					h.Ops[i].Key, h.Ops[j].Key, got, file)
			}
		}
	}
}

// Keys that look alike are different keys where they are.
func TestTuplesWithKeysThatLookAlike(t *testing.T) {
	h, err := history.ReadEDN(strings.NewReader(`{:process 0 :type :invoke :f :read :value [1 nil]}
{:process 1 :type :invoke :f :read :value ["1" nil]}
{:process 2 :type :invoke :f :read :value [:1 nil]}
{:process 3 :type :invoke :f :read :value [1 nil]}`))
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, op := range history.SplitTuples(h).Ops {
		keys = append(keys, op.Key)
	}
	if want := []string{"1", "#string 1", "#keyword 1", "1"}; !slices.Equal(keys, want) {
		t.Errorf("keys %q, want %q", keys, want)
	}
}
