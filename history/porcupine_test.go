package history_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/history"
)

const kvLog = `{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 \ y"}
{:process 1, :type :invoke, :f :get, :key "9", :value nil}
{:process 9, :type :ok, :f :append, :key "0", :value "x 9 \ y"}
{:process 1, :type :ok, :f :get, :key "9", :value ""}
`

const etcdLog = `INFO  jepsen.core - the test begins
INFO  jepsen.util - 3	:invoke	:read	nil
INFO  jepsen.util - :nemesis	:info	:start	"cut off #{:n1}"
INFO  jepsen.util - 12   :invoke :cas    [3 1]
INFO  jepsen.util - 3	:ok	:read	3
INFO  jepsen.util - 12   :info   :cas    :timed-out
INFO  jepsen.util - 3	:invoke	:cas	[3 4]
INFO  jepsen.util - 3	:fail	:cas	[3 4]
`

func TestDecodeReadsPorcupinesLogs(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []history.Op
	}{
		"key-value": {kvLog, []history.Op{
			{Process: 9, F: "append", Key: "0", Value: []byte(`"x 9 \\ y"`)},
			{Process: 1, F: "get", Key: "9", Value: []byte(`null`)},
			{Process: 9, Kind: history.Ok, F: "append", Key: "0", Value: []byte(`"x 9 \\ y"`)},
			{Process: 1, Kind: history.Ok, F: "get", Key: "9", Value: []byte(`""`)},
		}},
		"etcd": {etcdLog, []history.Op{
			{Process: 3, F: "read", Value: []byte(`null`)},
			{Process: history.Nemesis, Kind: history.Info, F: "start", Value: []byte(`"cut off #{:n1}"`)},
			{Process: 12, F: "cas", Value: []byte(`[3,1]`)},
			{Process: 3, Kind: history.Ok, F: "read", Value: []byte(`3`)},
			{Process: 12, Kind: history.Info, F: "cas", Value: []byte(`null`), Err: "timed-out"},
			{Process: 3, F: "cas", Value: []byte(`[3,4]`)},
			{Process: 3, Kind: history.Ok, F: "cas", Value: []byte(`[3,4,false]`)},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range test.want {
				test.want[i].Index = i
			}
			h, err := history.Decode(strings.NewReader(test.text), history.Auto)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, h.Ops); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for end := range len(test.text) {
				part, err := history.Decode(strings.NewReader(test.text[:end]), history.Auto)
				if whole := strings.Count(test.text[:end], "\n"); whole > 1 && (err != nil || len(part.Ops) > whole+1) {
					t.Errorf("cut at byte %d: %d events of %d lines, error %v", end, len(part.Ops), whole, err)
				}
			}
		})
	}
}

// An early log is known behind a preamble of any kind, so that its failed cas are what Porcupine's
// model takes them for.
func TestEarlyLogsBehindAPreamble(t *testing.T) {
	for _, preamble := range []string{"", "INFO  jepsen.core - begins\n", "WARN  some.other - thing\n",
		"Running on 5 nodes\n\n", strings.Repeat("WARN  x - y\n", 3000)} {
		want, err := history.Decode(strings.NewReader(etcdLog), history.PorcupineEtcd)
		if err != nil {
			t.Fatal(err)
		}
		h, err := history.Decode(strings.NewReader(preamble+etcdLog), history.Auto)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Ops, h.Ops); diff != "" {
			t.Errorf("behind %.30q (-named +told):\n%s", preamble, diff)
		}
	}
}

func TestPorcupinesLogsThatAreNone(t *testing.T) {
	for _, test := range []struct {
		format     history.Format
		text, want string
	}{
		{history.PorcupineKV, kvLog + "{:process 1, :type :invoke, :f :delete, :key \"9\", :value nil}\n",
			`line 5: "{:process 1, :type :invoke, :f :delete, " is none of get, put and append`},
		{history.PorcupineKV, "INFO\n", `line 1: "INFO" is none of`},
		{history.PorcupineEtcd, "\n" + "INFO  jepsen.util - 3\t:gone\t:read\tnil\n", "line 2: "},
		{history.PorcupineEtcd, "INFO  jepsen.util - 3\t:ok\t:read\tnil\n",
			"line 1: process 3 completes read, which it has not invoked (H2)"},
		{history.PorcupineEtcd, "INFO  jepsen.util - 3\t:invoke\t:cas\t[3 4\n", "line 1: unexpected EOF"},
		{history.PorcupineEtcd, "INFO  jepsen.util - 99999999999999999999\t:invoke\t:read\tnil\n",
			"line 1: process is 99999999999999999999"},
	} {
		if _, err := history.Decode(strings.NewReader(test.text), test.format); err == nil ||
			!strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: error %v, want %s…", test.text, err, test.want)
		}
	}
}

func FuzzReadPorcupine(f *testing.F) {
	f.Add([]byte(kvLog), true)
	f.Add([]byte(etcdLog), false)
	f.Fuzz(func(t *testing.T, data []byte, kv bool) {
		format := history.PorcupineEtcd
		if kv {
			format = history.PorcupineKV
		}
		h, err := history.Decode(bytes.NewReader(data), format)
		if err != nil {
			return
		}
		writesJSON(t, h)
	})
}
