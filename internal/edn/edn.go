package edn

// The forms that have no type of their own in Go. nil is nil, booleans are bool, strings are
// string.
type (
	Keyword string // without its colon
	Symbol  string
	Char    string // itself, or its name where that is not known
	Number  string // its text, without the suffixes N and M
	Ratio   string // in lowest terms, as 1/2
	Special string // NaN, Inf or -Inf
	Pattern string // a regular expression, as it is spelt
	Vector  []any  // also a list
	Set     []any
	Map     []Pair // in the order of the file
	Tagged  struct {
		Tag   string
		Value any
	}
)

// Pair is an entry of a Map.
type Pair struct{ Key, Value any }

// Get is the value of a keyword in a map; false if it has none.
func (m Map) Get(key Keyword) (any, bool) {
	for _, p := range m {
		if p.Key == any(key) {
			return p.Value, true
		}
	}
	return nil, false
}
