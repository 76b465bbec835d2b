package model

import (
	"encoding/json"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/history"
)

// Text is what a key of a store of texts holds: put replaces it, append adds to its end, get reads
// it. It is initially empty. (The key-value model of Porcupine's test data, and of MIT 6.5840.)
type Text struct{}

// TextCall is get, put of Text, or append of Text.
type TextCall struct {
	F    F
	Text string
	Seen *Texts // of a put or append: every text that some get returned; nil if that is not known
}

// Texts are some texts, for finding those that begin so and so.
type Texts struct{ sorted []string }

// NewTexts keeps the texts that gets returned.
func NewTexts(texts []string) *Texts {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return &Texts{slices.Compact(texts)}
}

// begin says whether one of the texts begins with s.
func (t *Texts) begin(s string) bool {
	i, _ := slices.BinarySearch(t.sorted, s)
	return i < len(t.sorted) && strings.HasPrefix(t.sorted[i], s)
}

// lost is the state of a text that no get returned, nor any text that begins so. Until the next put
// no get can return what is there, whatever is appended: all such texts are alike, and a search
// need not tell them apart. A call whose outcome is unknown need not lead there: as no get stands
// between it and the next put, the same order without it explains the gets as well. It is no text
// of a history.
const lost = "\xff"

// Name is kv.
func (Text) Name() string { return "kv" }

// Call reads a call; the result is the text read.
func (m Text) Call(invocation, completion *history.Op) (call TextCall, out string, err error) {
	if call.F, err = name(m.Name(), invocation, Get, Put, Append); err != nil {
		return call, out, err
	}
	switch {
	case call.F != Get:
		if call.Text, err = parseText(invocation.Value); err != nil {
			return call, out, wrong(invocation, "a string")
		}
		err = returnsNothing(invocation, completion)
	case completion != nil:
		if out, err = parseText(completion.Value); err != nil {
			return call, out, wrong(completion, "a string")
		}
		err = takesNothing(invocation, completion)
	}
	return call, out, err
}

// parseText reads a string; null is the empty one.
func parseText(raw []byte) (text string, err error) {
	if len(raw) > 0 {
		err = json.Unmarshal(raw, &text)
	}
	return text, err
}

// Init is the empty text.
func (Text) Init() string { return "" }

// Step replaces, appends, or compares what was read with what is there.
func (Text) Step(next []string, s string, in TextCall, out *string) []string {
	switch {
	case in.F == Get:
		if out == nil || *out == s {
			next = append(next, s)
		}
		return next
	case in.F == Put:
		s = in.Text
	case s != lost:
		s += in.Text
	}
	if in.Seen != nil && !in.Seen.begin(s) {
		if s = lost; out == nil {
			return next
		}
	}
	return append(next, s)
}

// Equal compares texts.
func (Text) Equal(a, b string) bool { return a == b }

// Hash hashes the text.
func (Text) Hash(s string) uint64 { return maphash.String(seed, s) }

// Describe says `get → "ab"`, `put "a"`, `append "b"`.
func (Text) Describe(in TextCall, out *string) string {
	if in.F != Get {
		return in.F.String() + " " + quote(in.Text)
	}
	if out == nil {
		return "get → ?"
	}
	return "get → " + quote(*out)
}

// quote writes a text as JSON does, and of a long one both ends.
func quote(text string) string {
	const ends = 24
	if len(text) > 3*ends {
		text = text[:ends] + " … " + text[len(text)-ends:]
	}
	raw, err := json.Marshal(text)
	if err != nil {
		return text
	}
	return string(raw)
}

// Answer is the text, to a get.
func (Text) Answer(s string, in TextCall) (string, bool) { return s, in.F == Get }

// ReadOnly holds of gets.
func (Text) ReadOnly(in TextCall, _ *string) bool { return in.F == Get }
