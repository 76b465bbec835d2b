package history

import (
	"bufio"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/internal/edn"
)

// Porcupine's test data comes as two kinds of text, a line an event, without times.
//
// Its key-value logs have get, put and append, on strings by key:
//
//	{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}
//
// They resemble EDN, but have no escapes. Its etcd logs are what early versions of Jepsen printed,
// of a register that is read, written, and compared and set; of other lines in such a log nothing
// is known:
//
//	INFO  jepsen.util - 4	:invoke	:cas	[3 1]
//
// There a cas that failed, and repeats its values, was carried out and found another value;
// Porcupine's model judges that. One that failed for another reason says which instead.
var (
	kvBegin = regexp.MustCompile(`^\{:process \d+, :type :(invoke|ok), :f :(get|put|append), :key "`)
	kvLine  = regexp.MustCompile(`^\{:process (\d+), :type :(invoke|ok), :f :(get|put|append), :key "(.*)", :value (nil|"(.*)")\}$`)

	etcdBegin = regexp.MustCompile(`^INFO\s+jepsen\.util\s+-\s+`)
	etcdLine  = regexp.MustCompile(`^INFO\s+jepsen\.util\s+-\s+(\d+|:nemesis)\s+:(invoke|ok|fail|info)\s+:(\S+)\s+(\S.*)$`)
)

// parseKV reads a line of a key-value log.
func parseKV(line string) (Op, error) {
	m := kvLine.FindStringSubmatch(line)
	if m == nil {
		return Op{},
			fmt.Errorf(`%.40q is none of get, put and append: want {:process 0, :type :invoke, :f :get, :key "k", :value nil}`, line)
	}
	op := Op{F: m[3], Key: validText(m[4]), Value: null}
	var err error
	if op.Process, err = processOf(m[1]); err != nil {
		return Op{}, err
	}
	if err := op.Kind.UnmarshalText([]byte(m[2])); err != nil {
		return Op{}, err
	}
	if m[5] != "nil" {
		op.Value, err = json.Marshal(m[6])
	}
	return op, err
}

// parseEtcd reads a line of an etcd log.
func (v *ednValues) parseEtcd(line string) (Op, error) {
	m := etcdLine.FindStringSubmatch(line)
	if m == nil {
		return Op{},
			fmt.Errorf("%.60q is no event: want a process, :invoke, :ok, :fail or :info, a call and a value", line)
	}
	op := Op{F: validText(m[3]), Value: null}
	var err error
	if op.Process, err = processOf(strings.TrimPrefix(m[1], ":")); err != nil {
		return Op{}, err
	}
	if err := op.Kind.UnmarshalText([]byte(m[2])); err != nil {
		return Op{}, err
	}
	form, err := edn.NewReader(strings.NewReader(m[4] + "\n")).Next()
	if err != nil {
		return Op{}, err
	}
	if why, failed := form.(edn.Keyword); failed && (op.Kind == Fail || op.Kind == Info) {
		op.Err = validText(string(why))
		return op, nil
	}
	if pair, ok := form.(edn.Vector); ok && op.Kind == Fail && op.F == "cas" && len(pair) == 2 {
		op.Kind = Ok
		form = append(slices.Clip(pair), false)
	}
	return op, v.set(&op, form)
}

// validText replaces what is not UTF-8, as encoding/json does.
func validText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// logSource reads the lines of a log that may hold other things as well.
type logSource struct {
	lineReader
	parse func(string) (Op, error)
	begin *regexp.Regexp // of the lines that are events; nil if all are
}

func newLogSource(in *bufio.Reader, format Format) *logSource {
	s := &logSource{lineReader: lineReader{in: in}, parse: parseKV}
	if format == PorcupineEtcd {
		s.parse, s.begin = new(ednValues).parseEtcd, etcdBegin
	}
	return s
}

func (s *logSource) next() (Op, error) {
	return s.lineReader.next(func(line []byte) (Op, bool, error) {
		text := strings.TrimSpace(string(line))
		if text == "" || s.begin != nil && !s.begin.MatchString(text) {
			return Op{}, false, nil
		}
		op, err := s.parse(text)
		return op, err == nil, err
	})
}
