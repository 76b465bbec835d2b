package report

import (
	"strings"
	"unicode/utf8"

	"github.com/splitvote/splitvote/history"
)

// ink colours words for a terminal, or leaves them as they are.
type ink bool

func (k ink) in(code, s string) string {
	if !k {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (k ink) bold(s string) string { return k.in("1", s) }
func (k ink) dim(s string) string  { return k.in("2", s) }

var verdictInk = map[string]string{"valid": "1;32", "unknown": "1;33", "invalid": "1;31", "failed": "1;35"}

func (k ink) verdict(outcome string) string {
	return k.in(verdictInk[outcome], strings.ToUpper(outcome))
}

var kindInk = [...]string{history.Invoke: "2", history.Ok: "34", history.Fail: "35", history.Info: "33"}

func (k ink) kind(kind history.Kind) string { return k.in(kindInk[kind], kind.String()) }

// width is the room that s takes on a terminal. Control sequences, which only ink writes here,
// take none.
func width(s string) int {
	n := 0
	for {
		before, after, found := strings.Cut(s, "\x1b[")
		n += utf8.RuneCountInString(before)
		if !found {
			return n
		}
		_, s, _ = strings.Cut(after, "m")
	}
}
