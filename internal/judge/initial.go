package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// Initial collects the uses of --initial: VALUE for all keys, or KEY=VALUE for one.
type Initial struct {
	history.Initial
	given []string
}

// Type is what the help calls a value.
func (f *Initial) Type() string { return "VALUE" }

func (f *Initial) String() string { return strings.Join(f.given, " ") }

// Set takes JSON as a value for all keys. Anything else must be KEY=VALUE.
func (f *Initial) Set(text string) error {
	f.given = append(f.given, text)
	if json.Valid([]byte(text)) {
		if f.All != nil {
			return fmt.Errorf("a second value for all keys (one key is KEY=VALUE)")
		}
		f.All = json.RawMessage(text)
		return nil
	}
	key, value, ok := strings.Cut(text, "=")
	if !ok || !json.Valid([]byte(value)) {
		return fmt.Errorf("want a JSON value, or KEY=VALUE with one; a string is '\"text\"'")
	}
	if _, twice := f.Keys[key]; twice {
		return fmt.Errorf("a second value for key %s", key)
	}
	f.Initial = f.Initial.Override(history.Initial{Keys: map[string]json.RawMessage{key: json.RawMessage(value)}})
	return nil
}

// flags are the words that say the same on a command line.
func (f *Initial) flags() string {
	var b strings.Builder
	for _, text := range f.given {
		b.WriteString(" --initial '" + strings.ReplaceAll(text, "'", `'\''`) + "'")
	}
	return b.String()
}

// checkInitial says what is wrong with initial values for a model.
func checkInitial(modelName string, initial history.Initial) error {
	if !initial.Given() {
		return nil
	}
	if slices.Contains(txn.Models(), modelName) {
		return txn.CheckInitial(modelName, initial)
	}
	return linear.CheckInitial(modelName, initial)
}
