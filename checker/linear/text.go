package linear

import (
	"cmp"
	"index/suffixarray"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/model"
)

// reduceText leaves out puts and appends with unknown outcome that nobody saw, and lets those that
// somebody saw end when the first get that did so ended (sight). The others are told what the gets
// returned, so that a search does not tell orders of appends apart that none of them saw: with a
// dozen appends under way there are more orders than can be kept. The verdict stays: see
// model.Texts.
func reduceText(calls []textCall) []textCall {
	gets := getsOf(calls, func(int) bool { return true })
	returned := make([]string, len(gets))
	for i, g := range gets {
		returned[i] = g.text
	}
	texts := model.NewTexts(returned)
	seen := sightsOf(calls, gets)
	told := make([]textCall, 0, len(calls))
	for i, c := range calls {
		if c.in.F != model.Get {
			if c.pending() && !seen[i].possible {
				continue
			}
			c.in.Seen, c.end = texts, min(c.end, seen[i].by)
		}
		told = append(told, c)
	}
	return told
}

// projectText leaves out gets at will, and puts and appends that none of the gets that are left
// saw.
func projectText(calls []textCall, keep func(i int) bool) []textCall {
	seen := sightsOf(calls, getsOf(calls, keep))
	return filter(calls, func(i int) bool { return keep(i) || calls[i].in.F != model.Get && seen[i].possible })
}

// got is what a get returned, and when it ended.
type got struct {
	text string
	end  int
}

// getsOf lists what those gets returned that keep accepts, in the order of their texts.
func getsOf(calls []textCall, keep func(i int) bool) []got {
	var gets []got
	for i := range calls {
		if c := &calls[i]; c.in.F == model.Get && !c.pending() && keep(i) {
			gets = append(gets, got{c.out, c.end})
		}
	}
	slices.SortFunc(gets, func(a, b got) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.end, b.end))
	})
	return gets
}

// sight says whether gets saw what a put or append wrote.
//
// What none of them saw can be left out, whether it took effect or not: in an order that explains
// the calls none of the gets stands between it and the next put, as until then the text has what it
// wrote; so without it they return the same. An append of nothing changes nothing. A put of nothing
// leaves no trace, so any get may have seen it.
//
// Where the texts are a code, what a get returned has one division into words: it saw these, and if
// only one call wrote a word that call took effect before the get did. Elsewhere a text may have
// been seen wherever it is found inside another, which an index of what was returned tells.
type sight struct {
	possible bool
	by       int // the least end of a get that saw it for certain
}

// sightsOf finds the sight of each call.
func sightsOf(calls []textCall, gets []got) []sight {
	var look func(text string) sight
	if code, unique := newTextCode(calls); unique {
		look = lookForWords(code, gets)
	} else {
		look = lookInside(gets)
	}
	seen := make([]sight, len(calls))
	for i := range calls {
		switch in := &calls[i].in; {
		case in.F == model.Get || len(gets) == 0 || nothing(in):
			seen[i].by = never
		case in.Text == "":
			seen[i] = sight{true, never}
		default:
			seen[i] = look(in.Text)
		}
	}
	return seen
}

// nothing says whether a call appends nothing.
func nothing(in *model.TextCall) bool { return in.F == model.Append && in.Text == "" }

// lookForWords finds the words of what was returned; of a text that has no division, those before
// the place where it ends. One division does for all gets that returned a beginning of the same
// text: in their order they come before it.
func lookForWords(code textCode, gets []got) func(text string) sight {
	seen := map[string]sight{}
	for next := len(gets) - 1; next >= 0; {
		longest := gets[next].text
		words, end := code.divide(longest)
		for least, n := never, len(words); ; n-- {
			for ; next >= 0 && len(gets[next].text) >= end && strings.HasPrefix(longest, gets[next].text); next-- {
				least = min(least, gets[next].end)
			}
			if n == 0 {
				break
			}
			word := words[n-1]
			end -= len(word.text)
			s, again := seen[word.text]
			if !again {
				s = sight{true, never}
			}
			if word.writes == 1 {
				s.by = min(s.by, least)
			}
			seen[word.text] = s
		}
	}
	return func(text string) sight {
		s, found := seen[text]
		if !found {
			s.by = never
		}
		return s
	}
}

// lookInside finds texts inside of what was returned, where two are parted by a byte that is in no
// text.
func lookInside(gets []got) func(text string) sight {
	var all []byte
	for i, g := range gets {
		if i+1 == len(gets) || !strings.HasPrefix(gets[i+1].text, g.text) { // what it has the next has too
			all = append(append(all, g.text...), 0xff)
		}
	}
	index := suffixarray.New(all)
	return func(text string) sight {
		return sight{len(index.Lookup([]byte(text), 1)) > 0, never}
	}
}
