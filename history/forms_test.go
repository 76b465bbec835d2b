package history_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/history"
)

// summary is a history in short: process, type, f, key, value, time, error.
func summary(ops []history.Op) []string {
	var all []string
	for _, op := range ops {
		text := fmt.Sprintf("%v %v %s", op.Process, op.Kind, op.F)
		if op.Key != "" {
			text += " " + op.Key + ":"
		}
		text += " " + string(op.Value)
		if op.Time != 0 {
			text += fmt.Sprintf(" @%d", op.Time)
		}
		if op.Err != "" {
			text += " (" + op.Err + ")"
		}
		all = append(all, text)
	}
	return all
}

// foreign are histories as others write them, and what they mean.
var foreign = map[string]struct {
	text string
	want []string
}{
	"an array of events": {`[{"type":"invoke","f":"write","value":[1, "]"],"process":0},` + "\n" +
		` {"type":"ok","f":"write","value":[1, "]"],"process":0}]` + "\n",
		[]string{`0 invoke write [1, "]"]`, `0 ok write [1, "]"]`}},
	"an empty array":      {"[ ]", nil},
	"an array of nothing": {`[{"process":0,"type":"invoke","f":"read"}]`, []string{"0 invoke read null"}},
	"a list as error": {`{"process":0,"type":"invoke","f":"read"}` + "\n" +
		`{"process":0,"type":"info","f":"read","error":["timeout", {"after":3}]}`,
		[]string{"0 invoke read null", `0 info read null (["timeout",{"after":3}])`}},
	"an error that is none": {`{"process":0,"type":"invoke","f":"read","error":null,"node":null,"key":null}`,
		[]string{"0 invoke read null"}},
	"numbers as keys": {`{"process":0,"type":"invoke","f":"read","key":7}` + "\n" +
		`{"process":1,"type":"invoke","f":"read","key":7.0}` + "\n" +
		`{"process":2,"type":"invoke","f":"read","key":[7, 8]}`,
		[]string{"0 invoke read 7: null", "1 invoke read 7: null", "2 invoke read #form [7,8]: null"}},
	"the key 7 and the key \"7\"": {`{"process":0,"type":"invoke","f":"read","key":"7"}` + "\n" +
		`{"process":1,"type":"invoke","f":"read","key":7}` + "\n" +
		`{"process":2,"type":"invoke","f":"read","key":"7"}`,
		[]string{"0 invoke read 7: null", "1 invoke read #number 7: null", "2 invoke read 7: null"}},
	"the key 7 first": {`{"process":0,"type":"invoke","f":"read","key":7}` + "\n" +
		`{"process":1,"type":"invoke","f":"read","key":"7"}`,
		[]string{"0 invoke read 7: null", "1 invoke read #string 7: null"}},
	"names of processes": {`{"process":"web-1","type":"invoke","f":"read","key":"x"}` + "\n" +
		`{"process":"web-2","type":"invoke","f":"read","key":2}` + "\n" +
		`{"process":"web-1","type":"ok","f":"read","key":"x","value":3}`,
		[]string{"0 invoke read x: null", "1 invoke read 2: null", "0 ok read x: 3"}},
	"a number as text": {`{"process":"12","type":"invoke","f":"read"}`, []string{"12 invoke read null"}},
	"fractions of time": {`{"process":0,"type":"invoke","f":"read","time":12.75}` + "\n" +
		`{"process":1,"type":"invoke","f":"read","time":2e1}`,
		[]string{"0 invoke read null @12", "1 invoke read null @20"}},
	"times of day": {`{"process":0,"type":"invoke","f":"read","time":"2024-02-29T23:59:59.999999Z"}` + "\n" +
		`{"process":0,"type":"ok","f":"read","value":1,"time":"2024-03-01T01:00:00+01:00"}`,
		[]string{"0 invoke read null", "0 ok read 1 @1000"}},
	"a byte order mark": {"\xef\xbb\xbf" + `{"process":0,"type":"invoke","f":"read"}`, []string{"0 invoke read null"}},
	"a mark before EDN": {"\xef\xbb\xbf{:process 0 :type :invoke :f :read}", []string{"0 invoke read null"}},
	"no f, in JSON": {`{"process":0,"type":"invoke","value":[["append",1,2],["r",1]]}`,
		[]string{`0 invoke txn [["append",1,2],["r",1]]`}},
	"no f, in EDN": {`[{:process 3, :type :invoke, :value [[:append :x "a"] [:r :y]]}]`,
		[]string{`3 invoke txn [["append","x","a"],["r","y"]]`}},
	"names of processes, EDN": {`{:process "a", :type :invoke, :f :read, :time 1.5}{:process :b, :type :invoke, :f :read, :time #inst "2024-02-29T00:00:00Z"}`,
		[]string{"0 invoke read null @1", "1 invoke read null @1"}},
	"completions only": {`{:type :ok, :f :txn, :value [[:append :x 1]], :time 5} {:type :info, :value [[:append :x 2]], :time 9}`,
		[]string{`0 invoke txn [["append","x",1]] @5`, `1 invoke txn [["append","x",2]] @5`,
			`0 ok txn [["append","x",1]] @5`, `1 info txn [["append","x",2]] @9`}},
	"completions of named processes": {`[{"type":"ok","process":"a","value":[["w",1,2]],"time":"2024-02-29T00:00:00Z"},{"type":"ok","process":"a","value":[["r",1,2]],"time":"2024-02-29T00:00:01Z"}]`,
		[]string{`0 invoke txn [["w",1,2]]`, `1 invoke txn [["r",1,2]]`, `0 ok txn [["w",1,2]]`,
			`1 ok txn [["r",1,2]] @1000000000`}},
	"completions after faults": {`{"process":"nemesis","type":"info","f":"start"}` + "\n" +
		`{"type":"fail","f":"txn","value":[["w",1,2]]}` + "\n" + `{"process":"nemesis","type":"info","f":"stop"}` +
		"\n", []string{"nemesis info start null", `0 invoke txn [["w",1,2]]`, `0 fail txn [["w",1,2]]`,
		"nemesis info stop null"}},
	"jepsen.log": {"2021-03-04 05:06:07,000{UTC}\tINFO\t[main] jepsen.core: Running test:\n {:nodes [n1]}\n" +
		"2021-03-04 05:06:08,000{UTC}\tINFO\t[jepsen worker 2] jepsen.util: 26\t:invoke\t:txn\t[[:r 8 nil]]\n\n" +
		"2021-03-04 05:06:08,002{UTC}\tWARN\t[jepsen worker 2] jepsen.core: a call to 3 :failed\n" +
		"2021-03-04 05:06:08,005{UTC}\tINFO\t[jepsen worker 2] jepsen.util: 26\t:info\t:txn\t[[:r 8 " +
		"nil]]\t[:timeout 5]\n" +
		"2021-03-04 05:06:08,006{UTC}\tINFO\t[jepsen nemesis] jepsen.util: :nemesis\t:info\t:start-partition\tnil\n",
		[]string{`26 invoke txn [["r",8,null]]`, `26 info txn [["r",8,null]] @5000000 (["timeout",5])`,
			`nemesis info start-partition null @6000000`}},
	"history.txt": {"4\t:invoke\t:enqueue\t\"a b\"\n4\t:ok\t:enqueue\t\"a b\"\nnemesis\t:info\t:start\tnil\n5 " +
		":invoke :dequeue nil\n5 :fail :dequeue nil :empty\n",
		[]string{`4 invoke enqueue "a b"`, `4 ok enqueue "a b"`, "nemesis info start null", "5 invoke dequeue null",
			"5 fail dequeue null (empty)"}},
	"calls with start and end": {`{"process":"p","f":"write","value":1,"start":100,"end":140}` + "\n" +
		`{"process":"q","f":"read","result":1,"start":110,"end":120}` + "\n" +
		`{"process":"p","f":"cas","value":[1,2],"start":150,"end":160,"result":false}` + "\n" +
		`{"process":"q","f":"read","start":155,"end":null}`,
		[]string{"0 invoke write 1", "1 invoke read null @10", "1 ok read 1 @20", "0 ok write 1 @40",
			"0 invoke cas [1,2] @50", "1 invoke read null @55", "0 ok cas false @60"}},
	"Porcupine's operations": {`[{"ClientId":0,"Input":{"Op":2,"Key":"k","Value":"x"},"Call":5,"Output":{"Value":""},"Return":9},{"ClientId":0,"Input":{"Op":0,"Key":"k","Value":""},"Call":9,"Output":{"Value":"x"},"Return":12}]`,
		[]string{`0 invoke append k: "x"`, `1 invoke get k: null @4`, `0 ok append k: "x" @4`, `1 ok get k: "x" @7`}},
	"a table": {"client,op,key,arg,output,call,return\na,put,k,\"say \"\"hi\"\"\",,10,20\nb,get,k,,\"say " +
		"\"\"hi\"\"\",30,\n",
		[]string{`0 invoke put k: "say \"hi\""`, `0 ok put k: "say \"hi\"" @10`, "1 invoke get k: null @20"}},
}

func TestFormsOfOthers(t *testing.T) {
	for name, test := range foreign {
		t.Run(name, func(t *testing.T) {
			h, err := history.Decode(strings.NewReader(test.text), history.Auto)
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(h.Ops); !slices.Equal(got, test.want) {
				t.Errorf("read\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			s := history.NewStream(strings.NewReader(test.text), history.Auto)
			if ops, err := all(s); err != nil || !same(ops, h.Ops) || s.Cut() != h.Cut {
				t.Errorf("streamed\n%s\n%v", strings.Join(summary(ops), "\n"), err)
			}
			writesJSON(t, h)
		})
	}
}

func TestFormsOfOthersThatAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		`[{"process":0,"type":"invoke","f":"read"},` + "\n" +
			` {"process":0}]`: "line 2: an event needs a type (read as json)",
		`[{"process":0,"type":"invoke","f":"read"} {}]`: `line 1: unexpected '{', want ',' or ']' (read as json)`,
		`[{"process":0,"type":"invoke","f":"read"}] 3`:  "line 1: something follows the array of events (read as json)",
		`[{"process":0,"type":"invoke","f":"read"}, 3]`: `line 1: an event is an object, not '3'… (read as json)`,
		`{"process":0,"type":"invoke","f":3}` +
			"\n": "line 1: f is 3, want text (read as jsonl)",
		`{"process":0,"f":"read"}` + "\n": "line 1: an event needs a type (read as jsonl)",
		`{"process":"a","type":"invoke","f":"read"}` +
			"\n{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n": `line 2: process 0 is a number where another is named "a": number all or none (read as jsonl)`,
		`{"process":0,"type":"invoke","f":"read","time":"soon"}` +
			"\n": "line 1: time is soon, want nanoseconds from 0 or as 2024-05-06T07:08:09.123Z (read as jsonl)",
		"\xff\xfe{\x00": "this is text in UTF-16: convert it " +
			"to UTF-8",
		"words and\nmore words": "line 2: the file ends, and no line " +
			"of it is an event of a log of Jepsen, as 26 :invoke :read nil (read as jepsen-log)",
		"3 :invoke :read nil\n4 :ok :read 1\n": "line 2: process 4 completes read, " +
			"which it has not invoked (H2) (read as jepsen-log)",
		`{"process":0,"start":1,"end":2}` +
			"\n": "line 1: a call needs its name as f, got none (read as intervals)",
		`{"process":0,"f":"read","start":3,"end":2}` +
			"\n": "line 1: ends at 2, before its start at 3 (read as intervals)",
		`{"ClientId":0,"Input":{"Op":9,"Key":"x"},"Call":1,"Return":2}` +
			"\n": "line 1: the call's Op is 9, want 0 (get), 1 (put), 2 (append), or its name (read as intervals)",
		"process,f,start,end\n0,read,1,2,3,4\n": "line 2: has 6 columns, the first row 4 (read as csv)",
		`{"type":"ok","f":"txn","value":[["w",1,2]]}` + "\n" +
			`{"process":0,"type":"invoke","f":"txn","value":[["w",1,3]]}` +
			"\n": "line 2: invoke of txn in a history that begins with a completion: want completions of " +
			"transactions only (read as jsonl)",
		`{"process":0,"type":"invoke","f":"txn","value":[["w",1,2]]}` + "\n" +
			`{"type":"ok","f":"txn","value":[["w",1,2]]}` + "\n": "line 2: an event needs a process (read as jsonl)",
		"{:type :invoke :value [[:w 1 2]]}":              "line 1: an event needs a :process (read as edn)",
		"{:process 0 :type :invoke :f :read :value 1/0}": `line 1: "1/0" divides by zero (read as edn)`,
	} {
		if _, err := history.Decode(strings.NewReader(text), history.Auto); err == nil || err.Error() != want {
			t.Errorf("%q:\nerror %v\nwant  %s", text, err, want)
		}
	}
}

// goWords are the names of types, fields and functions of Go as its libraries print them.
var goWords = regexp.MustCompile(`(?i)unmarshal|go (struct|value)|history\.|json\.|strconv|\bint64\b|\bfloat64\b|RawMessage|map\[|Op\.`)

// No message speaks of Go, and each is one line of bounded length that names the form, whatever a
// file holds.
func TestMessagesAreForReaders(t *testing.T) {
	var fields []string
	for _, field := range []string{"index", "time", "process", "type", "f", "key", "value", "node", "error", "final",
		"start", "end", "result"} {
		for _, value := range []string{`null`, `true`, `-1`, `1.5`, `1e400`, `99999999999999999999`, `""`, `"x"`, `[]`,
			`[1,[2]]`, `{}`, `{"a":[1]}`, `"` + strings.Repeat("y", 999) + `"`} {
			fields = append(fields, fmt.Sprintf("%q:%s", field, value))
		}
	}
	draw := rand.New(rand.NewPCG(4, 4))
	texts := []string{"null", "3", "true", `"x"`, "[]x", "[3]", "[[]]", "{", "}", "x", "{:a}", "1,2\n3",
		"start,end\nx,y\n", "process,f,start,end\n0,read,x,2\n", "\x89svh"}
	for range 1500 {
		var object []string
		for range 1 + draw.IntN(7) {
			object = append(object, fields[draw.IntN(len(fields))])
		}
		line := "{" + strings.Join(object, ",") + "}"
		edn := regexp.MustCompile(`"(\w+)":`).ReplaceAllString(strings.ReplaceAll(line, ",", " "), ":$1 ")
		texts = append(texts, line+"\n", "["+line+"]", edn, `{"process":0,"type":"invoke","f":"read"}`+"\n"+line+"\n",
			line[:draw.IntN(len(line))]+"\n")
	}
	refused := 0
	for _, format := range history.Formats() {
		for i, text := range texts {
			if format != history.Auto && i%10 != 0 {
				continue
			}
			_, err := history.Decode(strings.NewReader(text), format)
			if err == nil {
				continue
			}
			refused++
			if said := err.Error(); goWords.MatchString(said) || strings.Contains(said, "\n") || len(said) > 600 ||
				!strings.Contains(said, "(read as ") {
				t.Errorf("%.200q as %s: %s", text, format, said)
			}
		}
	}
	if refused < 1000 {
		t.Errorf("only %d files were refused", refused)
	}
}

func FuzzReadForms(f *testing.F) {
	for _, test := range foreign {
		f.Add([]byte(test.text), uint8(0))
	}
	for i := range history.Formats() {
		f.Add([]byte("process,f,start,end\n0,read,1,2\n"), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, format uint8) {
		formats := history.Formats()
		h, err := history.Decode(bytes.NewReader(data), formats[int(format)%len(formats)])
		if err != nil {
			if said := err.Error(); strings.Contains(said, "\n") || len(said) > 600 {
				t.Fatalf("%q", said)
			}
			return
		}
		for _, op := range h.Ops {
			if !json.Valid(op.Value) || strings.HasPrefix(op.Key, "\xff") {
				t.Fatalf("%+v", op)
			}
		}
		writesJSON(t, h)
	})
}
