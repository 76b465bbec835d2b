package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// answering names the calls whose answer is shown even if it is null: an empty read is news.
var answering = map[string]bool{"read": true, "dequeue": true, "pop": true, "generate": true}

// describe writes a call and its answer in the field's shorthand: write 7, read → 4, cas [1,2].
// done is nil while the call is pending; the key is left out if it is the current one. For a
// transaction it writes what was done to the given keys, or everything without keys.
func describe(op, done *history.Op, key string, keys ...string) string {
	words := []string{op.F}
	if op.Key != key {
		words = append(words, op.Key)
	}
	asked := compact(op.Value)
	answer := asked
	if done != nil && done.Kind == history.Ok {
		answer = compact(done.Value)
	}
	switch {
	case op.F == "txn":
		words = append(words, transaction(answer, keys))
	case asked == "null" && (answer != "null" || answering[op.F] && done != nil && done.Kind == history.Ok):
		words = append(words, "→", answer)
	case asked == "null":
	case answer == asked:
		words = append(words, asked)
	default:
		words = append(words, asked, "→", strip(asked, answer))
	}
	return plain(strings.Join(words, " "))
}

// compact is a JSON value without white space; "null" where there is none.
func compact(value json.RawMessage) string {
	if len(value) == 0 {
		return "null"
	}
	var b bytes.Buffer
	if json.Compact(&b, value) != nil {
		return string(value)
	}
	return b.String()
}

// strip shortens an answer [asked, rest] to rest: contains 3 → true.
func strip(asked, answer string) string {
	var pair []json.RawMessage
	if json.Unmarshal([]byte(answer), &pair) == nil && len(pair) == 2 && compact(pair[0]) == asked {
		return compact(pair[1])
	}
	return answer
}

// transaction writes [["append","x",1],["r","x",[1]]] as append x 1 · r x → [1]. If keys are
// given, an ellipsis replaces what was done to others.
func transaction(value string, keys []string) string {
	var steps [][]json.RawMessage
	if json.Unmarshal([]byte(value), &steps) != nil {
		return value
	}
	matters := func(step []json.RawMessage) bool {
		return bare(step[0]) == "rp" || slices.Contains(keys, compact(step[1]))
	}
	for _, step := range steps {
		if len(step) != 3 {
			return value
		}
	}
	all := !slices.ContainsFunc(steps, matters)
	var said []string
	for _, step := range steps {
		if !all && !matters(step) {
			if len(said) == 0 || said[len(said)-1] != "…" {
				said = append(said, "…")
			}
			continue
		}
		f, key, v := bare(step[0]), bare(step[1]), compact(step[2])
		switch {
		case f == "rp": // a predicate read, of all keys
			text := "rp"
			if v != "null" {
				text += " → " + v
			}
			said = append(said, text)
		case f != "r":
			said = append(said, f+" "+key+" "+v)
		case v == "null":
			said = append(said, "r "+key)
		default:
			said = append(said, "r "+key+" → "+v)
		}
	}
	return strings.Join(said, " · ")
}

// bare returns a JSON string without its quotes, and any other value as it is.
func bare(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	return compact(value)
}

// plain makes text of unknown origin safe to print (R6): characters that do not print are written
// as their codes.
func plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		switch {
		case unicode.IsPrint(c):
			b.WriteRune(c)
		case c == '\n' || c == '\t':
			b.WriteByte(' ')
		default:
			fmt.Fprintf(&b, "\\u%04x", c)
		}
	}
	return b.String()
}

// short cuts text to at most n characters.
func short(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}

// clock is a time of the run in seconds with the given decimals: 12.031 s.
func clock(d time.Duration, decimals int) string {
	return strconv.FormatFloat(d.Seconds(), 'f', decimals, 64) + " s"
}

// length is a duration with three digits of meaning: 1.20 ms, 41 ms, 31.0 s.
func length(d time.Duration) string {
	switch {
	case d == 0:
		return "0 s"
	case d < time.Microsecond:
		return strconv.FormatInt(int64(d), 10) + " ns"
	case d < time.Millisecond:
		return digits(float64(d)/1e3) + " µs"
	case d < time.Second:
		return digits(float64(d)/1e6) + " ms"
	default:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
}

func digits(f float64) string {
	if f < 10 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// share is the part of calls that succeeded: 99.8 %, or "no calls".
func share(c checker.Counts) string {
	if c.Total() == 0 {
		return "no calls"
	}
	tenths := c.Ok * 1000 / c.Total() // rounded down: 100 % means all of them
	return fmt.Sprintf("%d.%d %%", tenths/10, tenths%10)
}

// plural is "1 fault", "2 faults".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

func nodes(ids []history.NodeID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	return plain(strings.Join(names, " "))
}
