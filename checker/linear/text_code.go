package linear

import (
	"cmp"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/model"
)

type textCall = call[model.TextCall, string]

// textCode divides texts into the words that were put and appended, where no word is the beginning
// of another (a prefix code). A text then has at most one division: two would part at some place,
// where a word of one would begin with a word of the other. The empty text is no word.
type textCode struct{ words []textWord } // in the order of their texts

// textWord is a text that was put or appended.
type textWord struct {
	text   string
	by     int32 // who wrote it last
	writes int32 // how many calls did
}

// newTextCode is the code of what calls put and append. It says false if some word is the beginning
// of another.
func newTextCode(calls []textCall) (textCode, bool) {
	var words []textWord
	for i := range calls {
		if in := &calls[i].in; in.F != model.Get && in.Text != "" {
			words = append(words, textWord{in.Text, int32(i), 1})
		}
	}
	slices.SortFunc(words, func(a, b textWord) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.by, b.by))
	})
	distinct := words[:0]
	for _, w := range words {
		if last := len(distinct) - 1; last >= 0 && strings.HasPrefix(w.text, distinct[last].text) {
			if w.text != distinct[last].text {
				return textCode{}, false
			}
			distinct[last].by = w.by
			distinct[last].writes++
			continue
		}
		distinct = append(distinct, w)
	}
	return textCode{distinct}, true
}

// first is the word with which text begins, nil if there is none. A word between it and text, in
// their order, would begin with it.
func (c textCode) first(text string) *textWord {
	at, same := slices.BinarySearchFunc(c.words, text, func(w textWord, text string) int {
		return strings.Compare(w.text, text)
	})
	if same {
		return &c.words[at]
	}
	if at == 0 || !strings.HasPrefix(text, c.words[at-1].text) {
		return nil
	}
	return &c.words[at-1]
}

// divide finds the words of text, and where the last one ends: short of the end of text if it has
// no division.
func (c textCode) divide(text string) (words []*textWord, end int) {
	for word := c.first(text); word != nil; word = c.first(text[end:]) {
		words = append(words, word)
		end += len(word.text)
	}
	return words, end
}
