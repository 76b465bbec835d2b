package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"unicode"
	"unicode/utf8"

	"github.com/splitvote/splitvote/protocol"
)

// New makes the codec for the types of the prototypes: structs or pointers to structs whose fields
// encoding/json can carry. A type's tag is its name with a small first letter. Two types with the
// same
// tag are a programming error, and New panics.
func New(prototypes ...any) protocol.Codec {
	c := codec{tags: map[reflect.Type]string{}, types: map[string]reflect.Type{}}
	for _, p := range prototypes {
		t := reflect.TypeOf(p)
		tag := tagOf(t)
		if other, taken := c.types[tag]; taken {
			panic(fmt.Sprintf("wire: %v and %v have the same tag %q", other, t, tag))
		}
		c.tags[t], c.types[tag] = tag, t
	}
	return c
}

type codec struct {
	tags  map[reflect.Type]string
	types map[string]reflect.Type
}

func tagOf(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	first, size := utf8.DecodeRuneInString(t.Name())
	return string(unicode.ToLower(first)) + t.Name()[size:]
}

// Marshal writes {"tag":value} without white space.
func (c codec) Marshal(v any) ([]byte, error) {
	tag, known := c.tags[reflect.TypeOf(v)]
	if !known {
		return nil, fmt.Errorf("wire: cannot write a %T: not one of this codec's types", v)
	}
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("wire: cannot write a %s: %w", tag, err)
	}
	data := make([]byte, 0, len(body)+len(tag)+5)
	data = append(data, `{"`...)
	data = append(data, tag...)
	data = append(data, `":`...)
	data = append(data, body...)
	return append(data, '}'), nil
}

// Unmarshal reads what Marshal wrote, in exactly that form.
func (c codec) Unmarshal(data []byte) (any, error) {
	rest, opens := bytes.CutPrefix(data, []byte(`{"`))
	tag, rest, tagged := bytes.Cut(rest, []byte(`":`))
	body, closes := bytes.CutSuffix(rest, []byte("}"))
	if !opens || !tagged || !closes {
		return nil, fmt.Errorf(`wire: want {"type":{...}}, found %s`, excerpt(data))
	}
	t, known := c.types[string(tag)]
	if !known {
		return nil, fmt.Errorf("wire: unknown type %s", excerpt(tag))
	}
	if string(body) == "null" {
		return nil, fmt.Errorf("wire: bad %s: it is null", tag)
	}
	v := reflect.New(t)
	if err := json.Unmarshal(body, v.Interface()); err != nil {
		return nil, fmt.Errorf("wire: bad %s: %w", tag, err)
	}
	return v.Elem().Interface(), nil
}

// excerpt quotes the beginning of data, which can be any bytes of any length.
func excerpt(data []byte) string {
	const most = 40
	if len(data) > most {
		return fmt.Sprintf("%q ...", data[:most])
	}
	return fmt.Sprintf("%q", data)
}
