package plan

import (
	"fmt"
	"regexp"
	"strconv"

	"gopkg.in/yaml.v3"
)

// Bytes is an amount of memory, written as 512MiB or 2GiB.
type Bytes int64

var bytesForm = regexp.MustCompile(`^([1-9][0-9]{0,5})(KiB|MiB|GiB)$`)

var units = []struct {
	name  string
	shift int
}{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}}

// ParseBytes reads a whole number of KiB, MiB or GiB.
func ParseBytes(text string) (Bytes, error) {
	m := bytesForm.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is no amount of memory (want one as 512MiB or 2GiB)", text)
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	for _, u := range units {
		if u.name == m[2] {
			n <<= u.shift
		}
	}
	return Bytes(n), nil
}

func (b Bytes) String() string {
	for _, u := range units {
		if b > 0 && int64(b)%(1<<u.shift) == 0 {
			return strconv.FormatInt(int64(b)>>u.shift, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// Set reads what ParseBytes reads. With Type it makes an amount the value of a flag.
func (b *Bytes) Set(text string) (err error) {
	*b, err = ParseBytes(text)
	return err
}

// Type names the value of a flag.
func (*Bytes) Type() string { return "size" }

// MarshalYAML uses the largest unit that divides the amount.
func (b Bytes) MarshalYAML() (any, error) { return b.String(), nil }

// UnmarshalYAML reads what ParseBytes reads.
func (b *Bytes) UnmarshalYAML(node *yaml.Node) error {
	v, err := ParseBytes(node.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	*b = v
	return nil
}
