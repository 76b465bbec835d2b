package linear

import (
	"index/suffixarray"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/model"
)

// reduceText leaves out puts and appends with unknown outcome that nobody got (seenText), and tells the others what the gets
// returned, so that a search does not tell orders of appends apart that none of them saw: with a dozen appends under way
// there are more orders than can be kept. The verdict stays: see model.Texts.
func reduceText(calls []textCall) []textCall {
	seen := seenText(calls, func(int) bool { return true })
	told := filter(calls, func(i int) bool { return !calls[i].pending() || seen(i) })
	texts := model.NewTexts(returned(calls, func(int) bool { return true }))
	for i := range told {
		if c := &told[i]; c.in.F != model.Get {
			c.in.Seen = texts
		}
	}
	return told
}

// projectText leaves out gets at will, and puts and appends that none of the gets that are left saw.
func projectText(calls []textCall, keep func(i int) bool) []textCall {
	seen := seenText(calls, keep)
	return filter(calls, func(i int) bool { return keep(i) || calls[i].in.F != model.Get && seen(i) })
}

// returned lists what those gets returned that keep accepts.
func returned(calls []textCall, keep func(i int) bool) []string {
	var texts []string
	for i := range calls {
		if c := &calls[i]; c.in.F == model.Get && !c.pending() && keep(i) {
			texts = append(texts, c.out)
		}
	}
	return texts
}

// seenText says of puts and appends whether what they wrote may be in what the gets returned that keep accepts.
//
// What is not can be left out, whether it took effect or not: in an order that explains the calls none of those gets stands
// between it and the next put, as until then the text has what it wrote; so without it they return the same. An append of
// nothing changes nothing. A put of nothing leaves no trace, so it may always have been seen.
//
// Where the texts are a code, what a get returned has one division into words. Elsewhere a text may have been seen wherever it
// is found inside, which one index of what was returned tells.
func seenText(calls []textCall, keep func(i int) bool) func(i int) bool {
	texts := maximal(returned(calls, keep))
	has := seenInside(texts)
	if code, unique := newTextCode(calls); unique {
		has = seenByWord(code, texts)
	}
	return func(i int) bool {
		in := &calls[i].in
		return len(texts) > 0 && (in.Text != "" && has(in.Text) || in.Text == "" && in.F == model.Put)
	}
}

// maximal sorts texts and leaves out those with which others begin.
func maximal(texts []string) []string {
	slices.Sort(texts)
	kept := texts[:0]
	for i, text := range texts {
		if i+1 == len(texts) || !strings.HasPrefix(texts[i+1], text) {
			kept = append(kept, text)
		}
	}
	return kept
}

// seenByWord says of a word whether it is one of those of the texts. Of a text that has no division the words up to there count.
func seenByWord(code textCode, texts []string) func(text string) bool {
	has := map[string]bool{}
	for _, text := range texts {
		for word := code.first(text); word != nil; word = code.first(text) {
			has[word.text] = true
			text = text[len(word.text):]
		}
	}
	return func(text string) bool { return has[text] }
}

// seenInside says of a text whether it is part of one of the texts. Between two of them stands a byte that is in no text.
func seenInside(texts []string) func(text string) bool {
	index := suffixarray.New([]byte(strings.Join(texts, "\xff")))
	return func(text string) bool { return len(index.Lookup([]byte(text), 1)) > 0 }
}
