package protocol

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Settings are the values of a protocol's options, each one allowed by its option.
type Settings struct {
	options []Option
	values  map[string]string
}

// ReadSettings reads Config.Options. An error names the protocol and the first option whose value
// is
// missing or wrong.
func ReadSettings(protocol string, options []Option, values map[string]string) (Settings, error) {
	for _, o := range options {
		value, want := values[o.Name], ""
		if n, err := strconv.ParseUint(value, 10, 31); len(o.Values) == 0 && (err != nil || n == 0) {
			want = "a whole number from 1"
		} else if len(o.Values) > 0 && !slices.Contains(o.Values, value) {
			want = strings.Join(o.Values, " or ")
		}
		if want != "" {
			return Settings{}, fmt.Errorf("%s: option %s: want %s, have %q", protocol, o.Name, want, value)
		}
	}
	return Settings{options, values}, nil
}

// Number returns the value of an option that is a whole number, from 1 to 2^31-1.
func (s Settings) Number(name string) uint64 {
	n, err := strconv.ParseUint(s.values[name], 10, 31)
	if err != nil {
		panic("protocol: no number: option " + name)
	}
	return n
}

// Choice returns the index of the value in Option.Values.
func (s Settings) Choice(name string) int {
	for _, o := range s.options {
		if o.Name == name {
			return slices.Index(o.Values, s.values[name])
		}
	}
	panic("protocol: no option " + name)
}

// Is reports whether the option has the given value.
func (s Settings) Is(name, value string) bool { return s.values[name] == value }
