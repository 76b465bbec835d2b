package history_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/history"
)

// A value that one form of a history takes, every form takes and gives back.
func TestHowDeepAValueNests(t *testing.T) {
	const deepest = 63 // and the event around it
	for _, depth := range []int{1, deepest, deepest + 1, 100} {
		value := strings.Repeat("[", depth) + "7" + strings.Repeat("]", depth)
		for format, file := range map[history.Format][]byte{
			history.JSONL:         []byte(`{"process":0,"type":"invoke","f":"write","value":` + value + "}\n"),
			history.EDN:           []byte(`{:process 0, :type :invoke, :f :write, :value ` + value + "}\n"),
			history.PorcupineEtcd: []byte("INFO  jepsen.util - 0\t:invoke\t:write\t" + value + "\n"),
			history.Binary: sealed("\x01\x00\x01\x05write\x40\x00\x00\x00" + string(rune(min(len(value), 127))) +
				value[:min(len(value), 127)]),
		} {
			h, err := history.Decode(bytes.NewReader(file), format)
			if (err == nil) != (depth <= deepest) {
				t.Errorf("%s, %d levels: error %v", format, depth, err)
			}
			if err != nil {
				continue
			}
			for as, write := range map[history.Format]func(*bytes.Buffer) error{
				history.JSONL:  func(b *bytes.Buffer) error { return history.Write(b, h) },
				history.EDN:    func(b *bytes.Buffer) error { return history.WriteEDN(b, h) },
				history.Binary: func(b *bytes.Buffer) error { return history.WriteBinary(b, h) },
			} {
				var again bytes.Buffer
				if err := write(&again); err != nil {
					t.Errorf("%s as %s, %d levels: %v", format, as, depth, err)
				}
				if back, err := history.Decode(&again, as); err != nil || string(back.Ops[0].Value) != value {
					t.Errorf("%s as %s, %d levels: error %v, read %+v", format, as, depth, err, back)
				}
			}
		}
	}
}
