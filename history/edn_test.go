package history_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/history"
)

// The same two calls in every shape that Jepsen has written them in.
var shapes = map[string]string{
	"maps, a line each": `{:type :invoke, :f :cas, :value [1 2], :process 0, :time 10, :index 0}
{:process :nemesis, :type :info, :f :start-partition, :value nil, :time 11, :index 1}
{:type :info, :f :cas, :value [1 2], :process 0, :time 12, :error :timeout, :index 2}`,
	"one vector": `[{:type :invoke, :f :cas, :value [1 2], :process 0, :time 10}
 {:process :nemesis, :type :info, :f :start-partition, :value nil, :time 11} ; a comment
 {:type :info, :f :cas, :value [1 2], :process 0, :time 12, :error :timeout}]`,
	"records of jepsen.history": `#jepsen.history.Op{:index 0, :time 10, :type :invoke, :process 0, :f :cas, :value [1 2]}
#jepsen.history.Op{:index 1, :time 11, :type :info, :process :nemesis, :f :start-partition, :value nil}
#jepsen.history.Op{:index 2, :time 12, :type :info, :process 0, :f :cas, :value (1 2), :error :timeout}`,
}

func TestReadEDNKnowsEveryShape(t *testing.T) {
	want := []history.Op{
		{Index: 0, Time: 10, Process: 0, Kind: history.Invoke, F: "cas", Value: []byte("[1,2]")},
		{Index: 1, Time: 11, Process: history.Nemesis, Kind: history.Info, F: "start-partition", Value: []byte("null")},
		{Index: 2, Time: 12, Process: 0, Kind: history.Info, F: "cas", Value: []byte("[1,2]"), Err: "timeout"},
	}
	for name, text := range shapes {
		t.Run(name, func(t *testing.T) {
			h, err := history.ReadEDN(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, h.Ops); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEDNValuesBecomeJSON(t *testing.T) {
	for in, want := range map[string]string{
		`nil`:                             `null`,
		`:ok`:                             `"ok"`,
		`a/symbol`:                        `"a/symbol"`,
		`"a \"string\" \u00e9 \n"`:        `"a \"string\" é \n"`,
		`"\uD83D\uDE00"`:                  `"😀"`,
		`9223372036854775808N`:            `9223372036854775808`,
		`+1.`:                             `1.0`,
		`-2.50M`:                          `-2.50`,
		`1/3`:                             `"1/3"`,
		`\a`:                              `"a"`,
		`#{1 2}`:                          `[1,2]`,
		`#{10 2 1}`:                       `[1,2,10]`,
		`{:b 1 :a 2}`:                     `{"a":2,"b":1}`,
		`[:k "k" k \k :k]`:                `["k",{"#string":"k"},{"#symbol":"k"},{"#char":"k"},"k"]`,
		`["k" :k "k"]`:                    `["k",{"#keyword":"k"},"k"]`,
		`[{1 :a} {"1" :a} {:1 :a}]`:       `[{"1":"a"},{"#string 1":"a"},{"#keyword 1":"a"}]`,
		`["1/2" 1/2 2/4 4/2]`:             `["1/2",{"#ratio":"1/2"},{"#ratio":"1/2"},2]`,
		`[#{1 2} [1 2] (2 1) #{2 1}]`:     `[[1,2],{"#vector":[1,2]},[2,1],[1,2]]`,
		`[[1 2] #{2 1}]`:                  `[[1,2],{"#set":[1,2]}]`,
		`[{[1 2] 3} {"[1,2]" 3}]`:         `[{"[1,2]":3},{"#string [1,2]":3}]`,
		`{"#a" 1}`:                        `{"#string #a":1}`,
		`#set [1]`:                        `{"#tagged":["set",[1]]}`,
		`##Inf`:                           `"Inf"`,
		`[[:append 1 2] [:r 1 nil]]`:      `[["append",1,2],["r",1,null]]`,
		`{:from 1, "to" 2, 3 4}`:          `{"3":4,"from":1,"to":2}`,
		`#inst "2020-01-01"`:              `{"#inst":"2020-01-01"}`,
		`[1 #_ ignored 2]`:                `[1,2]`,
		`##NaN`:                           `"NaN"`,
		`#clojure.lang.MapEntry [1 [2]]`:  `{"#clojure.lang.MapEntry":[1,[2]]}`,
		`[\newline \space \( \u00e9 \o7]`: `["\n"," ","(","é","\u0007"]`,
		`#"a\"b\d+"`:                      `{"#pattern":"a\\\"b\\d+"}`,
		`#:jepsen.nemesis{:a 1, :b/c 2}`:  `{"b/c":2,"jepsen.nemesis/a":1}`,
		`[#_ #_ 1 2 3 #_4]`:               `[3]`,
		`-0x1F`:                           `-31`,
		`#error{:cause "no \"x\"" :via [{:type java.lang.Exception, :at [a.B$c <init> "B.java" 7]}]}`: `{"#error":{"cause":"no \"x\"","via":[{"at":["a.B$c","\u003cinit\u003e","B.java",7],"type":"java.lang.Exception"}]}}`,
		`#object[clojure.lang.Atom 0x5e2c3d18 {:status :ready}]`:                                      `{"#object":["clojure.lang.Atom",1579957528,{"status":"ready"}]}`,
	} {
		h, err := history.ReadEDN(strings.NewReader("{:process 0 :type :invoke :f :x :value " + in + "}"))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := string(h.Ops[0].Value); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}

func TestReadEDNSaysWhatIsWrong(t *testing.T) {
	for in, want := range map[string]string{
		"{:type :invoke :f :read}":                     "line 1: an event needs a :process",
		"{:type :done :f :read :process 0}":            `line 1: type is "done"`,
		"\n{:type :invoke :f :read :process -7}":       "line 2: process is -7, want a number",
		"{:type :invoke :f :read :process 0 :time -1}": "line 1: time is -1",
		"{:type :invoke :f}":                           "line 1: a map has a key without a value",
		"42":                                           "line 1: an event is a map, not 42",
		"\"two\nlines\"":                               "line 2: an event is a map, not two lines",
		"{:type :ok :f :read :process 0}": "line 1: process 0 completes read, which it has not " +
			"invoked (H2)",
		"{:a ]}":                                 "line 1: unexpected ']'",
		"[#b]":                                   "line 1: unexpected ']'",
		"[{:process 0 :type :invoke :f :read})":  "line 1: unexpected ')'",
		"{:process 0 :type :invoke :f :read}\n]": "line 2: unexpected ']'",
		"[{:process 0 :type :invoke :f :read}]\n{}": "line 2: something follows the vector of events",
		"[]\n]":                                "line 2: something follows the vector of events",
		"@x":                                   "line 1: '@' is code, not data",
		`{:a "\q"}`:                            `line 1: \q is no escape`,
		"{:a 12x}":                             `line 1: "12x" is no number`,
		"{:process 0, :type :invoke, :f \"\"}": "line 1: an event needs a :f",
		strings.Repeat("[", 100) + strings.Repeat("]",
			100): "line 1: nests more than",
		"{:process 0, :type :invoke, :f :x, :value " + strings.Repeat("{", 40) + `"a"` + strings.Repeat(" 1}", 40) +
			"}": "line 1: the keys of maps nest more than",
		"{:a " + strings.Repeat("#_ ", 100) + "1}":            "line 1: nests more than",
		`{:a "` + strings.Repeat("a", 17<<20) + `"}`:          "line 1: a form has more than 16777216 bytes",
		strings.Repeat("#_ a ", 1<<20) + "{:process 0 :f :x}": "line 1: an event needs a :type",
		"{:process 0, :type :invoke, :f :x, :value #:a[1]}":   "line 1: #:a wants a map",
		`{:process 0, :type :invoke, :f :x, :value #!}`:       "line 1: #! is not a tag",
	} {
		_, err := history.ReadEDN(strings.NewReader(in))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %s…", in, err, want)
		}
	}
}

func TestReadEDNKeepsWhatAKilledWriterWrote(t *testing.T) {
	for name, text := range shapes {
		for end := range len(text) {
			h, err := history.ReadEDN(strings.NewReader(text[:end]))
			if err != nil {
				t.Fatalf("%s, cut at byte %d: %v", name, end, err)
			}
			if whole := strings.Count(text[:end], "}"); len(h.Ops) != whole {
				t.Fatalf("%s, cut at byte %d: %d events, want %d", name, end, len(h.Ops), whole)
			}
			if text[0] == '[' && end > 0 && h.Cut == "" {
				t.Fatalf("%s, cut at byte %d: nothing said of it", name, end)
			}
		}
	}
}

func TestWriteEDNThenReadIsTheSame(t *testing.T) {
	for name, jsonl := range map[string]string{
		"keys": `{"time":1,"process":0,"type":"invoke","f":"write","key":"x","value":1,"node":"n1"}
{"time":1,"process":"nemesis","type":"info","f":"kill","value":["n1"]}
{"time":2,"process":0,"type":"ok","f":"write","key":"x","value":1,"node":"n1"}
{"time":3,"process":0,"type":"invoke","f":"read","key":"x","value":null}
`,
		"a transaction": `{"time":1,"process":0,"type":"invoke","f":"txn","value":[["append",1,2],["r",1,null]]}
{"time":2,"process":0,"type":"ok","f":"txn","value":[["append",1,2],["r",1,[2]]],"node":"n1"}
`,
		"tags, and keys that are numbers": `{"time":1,"process":0,"type":"invoke","f":"read","key":"7","value":null}
{"time":2,"process":0,"type":"ok","f":"read","key":"7","value":{"-1":{"#inst":"2020-01-01"},"0":[{"#a.b/c":null}],"01":1}}
`,
		"odd strings": `{"time":1,"process":0,"type":"invoke","f":"two words","value":{"k 1":"\"\\\u0001"},"error":"a\nb"}
`,
	} {
		t.Run(name, func(t *testing.T) {
			want, err := history.Read(strings.NewReader(jsonl))
			if err != nil {
				t.Fatal(err)
			}
			var file bytes.Buffer
			if err := history.WriteEDN(&file, want); err != nil {
				t.Fatal(err)
			}
			got, err := history.ReadEDN(&file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.Ops, history.SplitTuples(got).Ops); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What Jepsen's tools look for: keywords where they compare keywords, numbers where they compute
// with numbers.
func TestWriteEDNSpellsAsJepsenDoes(t *testing.T) {
	for jsonl, want := range map[string]string{
		`{"time":3,"process":1,"type":"ok","f":"txn","value":[["append",8,1],["r","x",[1]]],"node":"n1"}`:  `{:index 1, :time 3, :type :ok, :process 1, :f :txn, :value [[:append 8 1] [:r "x" [1]]], :node "n1"}`,
		`{"time":3,"process":1,"type":"ok","f":"read","value":{"0":10,"1":-5}}`:                            `{:index 1, :time 3, :type :ok, :process 1, :f :read, :value {0 10, 1 -5}}`,
		`{"time":3,"process":1,"type":"ok","f":"cas","key":"12","value":[1,2]}`:                            `{:index 1, :time 3, :type :ok, :process 1, :f :cas, :value [12 [1 2]]}`,
		`{"time":3,"process":1,"type":"fail","f":"transfer","value":{"from":0,"to":1},"error":"no money"}`: `{:index 1, :time 3, :type :fail, :process 1, :f :transfer, :value {:from 0, :to 1}, :error "no money"}`,
		`{"time":3,"process":1,"type":"info","f":"write","value":{"#jepsen/x":{"a b":null}}}`:              `{:index 1, :time 3, :type :info, :process 1, :f :write, :value #jepsen/x {"a b" nil}}`,
	} {
		h, err := history.Read(strings.NewReader(`{"process":1,"type":"invoke","f":"x"}` + "\n" + jsonl + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := history.WriteEDN(&file, h); err != nil {
			t.Fatal(err)
		}
		if got := strings.Split(file.String(), "\n")[1]; got != want {
			t.Errorf("%s\n is %s\nwant %s", jsonl, got, want)
		}
	}
}

// Histories as Jepsen's own stores hold them: a nemesis that only tells, tagged tuples, processes
// that give up.
func TestReadEDNOfAJepsenRun(t *testing.T) {
	h, err := history.ReadEDN(strings.NewReader(`
#jepsen.history.Op{:index 0, :time 3291485317, :type :info, :process :nemesis, :f :start-partition, :value [:isolated {"n2" #{"n1" "n5"}}]}
#jepsen.history.Op{:index 1, :time 3295209422, :type :invoke, :process 0, :f :read, :value #jepsen.independent/tuple [13 nil]}
{:index 2, :time 3296209422, :type :info, :process 0, :f :read, :value [13 nil], :error [:timeout "5 s"], :exception #error{:cause "late"}}
{:type :invoke, :f :txn, :value [[:r 3 nil] [:append 3 2]], :process 5, :time 3297209422}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []history.Op{
		{Index: 0, Time: 3291485317, Process: history.Nemesis, Kind: history.Info, F: "start-partition",
			Value: []byte(`["isolated",{"n2":["n1","n5"]}]`)},
		{Index: 1, Time: 3295209422, Process: 0, F: "read", Key: "13", Value: []byte(`null`)},
		{Index: 2, Time: 3296209422, Process: 0, Kind: history.Info, F: "read", Value: []byte(`[13,null]`),
			Err: `["timeout","5 s"]`},
		{Index: 3, Time: 3297209422, Process: 5, F: "txn", Value: []byte(`[["r",3,null],["append",3,2]]`)},
	}
	if diff := cmp.Diff(want, h.Ops); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSplitTuples(t *testing.T) {
	for name, test := range map[string]struct {
		values []string // of an invocation and its completion, in turn
		keys   []string
	}{
		"tuples of registers": {[]string{`["x",null]`, `["x",3]`, `[7,[1,2]]`, `[7,[1,2]]`},
			[]string{"x", "x", "7", "7"}},
		"compare-and-set without a key": {[]string{`[1,2]`, `[1,2]`}, []string{"", ""}},
		"a read without a key":          {[]string{`null`, `3`, `[1,2]`, `[1,2]`}, []string{"", "", "", ""}},
		"transactions of two calls": {[]string{`[["r",1,null],["w",1,2]]`, `[["r",1,0],["w",1,2]]`},
			[]string{"", ""}},
		"compare-and-set beside read of k": {[]string{`["x",[1,2]]`, `["x",[1,2]]`, `["x",null]`, `["x",2]`},
			[]string{"x", "x", "x", "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			var ops []history.Op
			for i, v := range test.values {
				op := history.Op{Process: history.Process(i / 2), F: "f", Value: []byte(v)}
				if i%2 == 1 {
					op.Kind = history.Ok
				}
				ops = append(ops, op)
			}
			h, err := history.New(ops)
			if err != nil {
				t.Fatal(err)
			}
			split := history.SplitTuples(h)
			var keys []string
			for _, op := range split.Ops {
				keys = append(keys, op.Key)
			}
			if diff := cmp.Diff(test.keys, keys); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			if len(split.Calls()) != len(h.Calls()) {
				t.Errorf("%d calls, want %d", len(split.Calls()), len(h.Calls()))
			}
		})
	}
}

func FuzzReadEDN(f *testing.F) {
	for _, text := range shapes {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{:a #b/c [1 #{2} "\u12"] \newline ##Inf}`))
	f.Add([]byte(`{:process 0 :type :invoke :f [{:a {[{nil 1}] 2}}] :value {{{{"a" 1} 1} 1} #i/t {1. +2N}} :node \a :error #{[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := history.ReadEDN(bytes.NewReader(data))
		if err != nil {
			return
		}
		var file bytes.Buffer
		if err := history.WriteEDN(&file, h); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := history.ReadEDN(bytes.NewReader(file.Bytes()))
		if err != nil || len(again.Ops) != len(h.Ops) {
			t.Fatalf("what was written cannot be read: %v\n%s", err, file.Bytes())
		}
		writesJSON(t, h)
	})
}

// Maelstrom and Jepsen mark the reads that count at the end.
func TestFinalReadsKeepTheirMark(t *testing.T) {
	h, err := history.ReadEDN(strings.NewReader(`{:process 0 :type :invoke :f :read :value nil :final? true}
{:process 0 :type :ok :f :read :value 1 :final? true}
{:process 1 :type :invoke :f :read :value nil :final? false}
{:process 1 :type :ok :f :read :value 1}`))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := history.WriteEDN(&file, h); err != nil {
		t.Fatal(err)
	}
	again, err := history.ReadEDN(&file)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false, false} {
		if h.Ops[i].Final != want || again.Ops[i].Final != want {
			t.Errorf("event %d: final is %v, and %v when written and read again, want %v", i, h.Ops[i].Final,
				again.Ops[i].Final, want)
		}
	}
}
