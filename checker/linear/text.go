package linear

import "github.com/splitvote/splitvote/model"

// reduceText tells every put and append what the gets returned, so that a search does not tell orders of appends apart that
// none of them saw: with a dozen appends under way there are more orders than can be kept. The verdict stays: see model.Texts.
func reduceText(calls []call[model.TextCall, string]) []call[model.TextCall, string] {
	var seen []string
	for i := range calls {
		if c := &calls[i]; c.in.F == model.Get && !c.pending() {
			seen = append(seen, c.out)
		}
	}
	texts := model.NewTexts(seen)
	told := make([]call[model.TextCall, string], len(calls))
	for i, c := range calls {
		if c.in.F != model.Get {
			c.in.Seen = texts
		}
		told[i] = c
	}
	return told
}
