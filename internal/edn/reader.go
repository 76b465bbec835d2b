package edn

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

const (
	maxDepth = 80
	maxForm  = 16 << 20
)

// Reader reads forms from a stream.
type Reader struct {
	in   *bufio.Reader
	line int
	left int  // bytes that the form may still have
	size int  // of the rune that was read last, in bytes
	open rune // bracket that closes what Enter has entered, 0 if there is none
}

// NewReader reads from in.
func NewReader(in io.Reader) *Reader {
	b, ok := in.(*bufio.Reader)
	if !ok {
		b = bufio.NewReader(in)
	}
	return &Reader{in: b, line: 1, left: maxForm}
}

// Line is the number of the line that is being read, from 1.
func (r *Reader) Line() int { return r.line }

// Enter consumes the opening bracket of a top-level vector or list, so that its elements are read
// with Next one at a time. It reports false, having consumed nothing but white space, if something
// else comes.
func (r *Reader) Enter() (bool, error) {
	c, err := r.skip()
	if err != nil {
		return false, err
	}
	switch c {
	case '[':
		r.open = ']'
	case '(':
		r.open = ')'
	default:
		return false, r.unread(c)
	}
	return true, nil
}

// Next reads the next form. At the end of the input it returns io.EOF, in the midst of a form or of
// what Enter has entered io.ErrUnexpectedEOF, and at the closing bracket of the latter ErrClosed;
// forms may follow that too.
func (r *Reader) Next() (any, error) {
	r.left = maxForm
	form, err := r.form(0)
	var bracket closing
	switch {
	case r.open == 0:
	case errors.As(err, &bracket) && bracket.bracket == r.open:
		r.open, err = 0, ErrClosed
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return form, err
}

// ErrClosed says that what was entered ends here.
var ErrClosed = errors.New("closing bracket")

// closing is the bracket that was found in the place of a form.
type closing struct{ bracket rune }

func (c closing) Error() string { return fmt.Sprintf("unexpected %q", c.bracket) }

func (r *Reader) form(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nests more than %d levels deep", maxDepth)
	}
	c, err := r.skip()
	if err != nil {
		return nil, err
	}
	for c == '#' { // forms that are to be passed over come in any number
		if next, _ := r.in.Peek(1); len(next) == 0 || next[0] != '_' {
			break
		}
		if _, err := r.next(); err != nil {
			return nil, err
		}
		if _, err := r.form(depth + 1); err != nil {
			return nil, unexpected(err)
		}
		if c, err = r.skip(); err != nil {
			return nil, err
		}
	}
	switch c {
	case '[':
		items, err := r.until(']', depth)
		return Vector(items), err
	case '(':
		items, err := r.until(')', depth)
		return Vector(items), err
	case '{':
		return r.mapping(depth)
	case ']', ')', '}':
		return nil, closing{c}
	case '"':
		return r.text()
	case '\\':
		return r.character()
	case '#':
		return r.dispatch(depth)
	case '\'', '`', '~', '@', '^':
		return nil, fmt.Errorf("%q is code, not data", c)
	}
	if err := r.unread(c); err != nil {
		return nil, err
	}
	token, err := r.token()
	if err != nil {
		return nil, err
	}
	form, err := atom(token)
	if _, end := r.in.Peek(1); err != nil && errors.Is(end, io.EOF) {
		return nil, io.ErrUnexpectedEOF // the rest of the token may be what is missing
	}
	return form, err
}

// until reads forms up to a closing bracket.
func (r *Reader) until(bracket rune, depth int) ([]any, error) {
	items := []any{}
	for {
		form, err := r.form(depth + 1)
		var close closing
		switch {
		case errors.As(err, &close) && close.bracket == bracket:
			return items, nil
		case errors.As(err, &close):
			return nil, fmt.Errorf("unexpected %q, want %q", close.bracket, bracket)
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
		items = append(items, form)
	}
}

func (r *Reader) mapping(depth int) (any, error) {
	items, err := r.until('}', depth)
	if err != nil {
		return nil, err
	}
	if len(items)%2 != 0 {
		return nil, errors.New("a map has a key without a value")
	}
	m := make(Map, 0, len(items)/2)
	for i := 0; i < len(items); i += 2 {
		m = append(m, Pair{items[i], items[i+1]})
	}
	return m, nil
}

// dispatch reads what follows a #: a set, a form to be passed over, or a tagged form.
func (r *Reader) dispatch(depth int) (any, error) {
	c, err := r.next()
	if err != nil {
		return nil, unexpected(err)
	}
	switch {
	case c == '{':
		items, err := r.until('}', depth)
		return Set(items), err
	case c == '"': // a regular expression, in which a backslash escapes nothing but the quote's meaning
		return r.pattern()
	case c == ':': // a map whose keyword keys share a namespace
		return r.namespaced(depth)
	case c == '#': // ##NaN, ##Inf
		token, err := r.token()
		return Special(token), err
	case !unicode.IsLetter(c):
		return nil, fmt.Errorf("#%c is not a tag", c)
	}
	if err := r.unread(c); err != nil {
		return nil, err
	}
	tag, err := r.token()
	if err != nil {
		return nil, err
	}
	value, err := r.form(depth + 1)
	return Tagged{tag, value}, unexpected(err)
}

// namespaced reads the rest of #:name{:key value}, which stands for {:name/key value}.
func (r *Reader) namespaced(depth int) (any, error) {
	name, err := r.token()
	if err != nil {
		return nil, err
	}
	form, err := r.form(depth + 1)
	if err != nil {
		return nil, unexpected(err)
	}
	m, ok := form.(Map)
	if !ok || name == "" {
		return nil, fmt.Errorf("#:%.40s wants a map", name)
	}
	for i, p := range m {
		if key, ok := p.Key.(Keyword); ok && !strings.Contains(string(key), "/") {
			m[i].Key = Keyword(name + "/" + string(key))
		}
	}
	return m, nil
}

// pattern reads a regular expression after its opening quote, as it is spelt.
func (r *Reader) pattern() (any, error) {
	var b strings.Builder
	for {
		c, err := r.next()
		if err == nil && c == '\\' {
			b.WriteRune(c)
			c, err = r.next()
		} else if c == '"' && err == nil {
			return Pattern(b.String()), nil
		}
		if err != nil {
			return nil, unexpected(err)
		}
		b.WriteRune(c)
	}
}

var escapes = map[rune]rune{'t': '\t', 'r': '\r', 'n': '\n', '\\': '\\', '"': '"', 'b': '\b', 'f': '\f'}

// text reads a string after its opening quote.
func (r *Reader) text() (any, error) {
	var b strings.Builder
	for {
		c, err := r.next()
		switch {
		case err != nil:
			return nil, unexpected(err)
		case c == '"':
			return b.String(), nil
		case c != '\\':
			b.WriteRune(c)
			continue
		}
		if c, err = r.next(); err != nil {
			return nil, unexpected(err)
		}
		plain, known := escapes[c]
		switch {
		case c == 'u':
			if plain, err = r.unicode(); err != nil {
				return nil, err
			}
		case !known:
			return nil, fmt.Errorf("\\%c is no escape", c)
		}
		b.WriteRune(plain)
	}
}

// unicode reads the digits of \u, and those of a second one that completes a surrogate pair.
func (r *Reader) unicode() (rune, error) {
	first, err := r.hex()
	if err != nil || !utf16.IsSurrogate(first) {
		return first, err
	}
	if more, err := r.in.Peek(2); err != nil || string(more) != `\u` {
		return unicode.ReplacementChar, nil
	}
	if _, err := r.in.Discard(2); err != nil {
		return 0, err
	}
	second, err := r.hex()
	return utf16.DecodeRune(first, second), err
}

func (r *Reader) hex() (rune, error) {
	var n rune
	for range 4 {
		c, err := r.next()
		if err != nil {
			return 0, unexpected(err)
		}
		digit := strings.IndexRune("0123456789abcdef", unicode.ToLower(c))
		if digit < 0 {
			return 0, fmt.Errorf("\\u wants four hexadecimal digits, has %q", c)
		}
		n = n<<4 | rune(digit)
	}
	return n, nil
}

// characters that have names.
var characters = map[string]string{"newline": "\n", "space": " ", "tab": "\t", "return": "\r", "formfeed": "\f",
	"backspace": "\b"}

// character reads what follows a backslash outside a string.
func (r *Reader) character() (any, error) {
	c, err := r.next()
	if err != nil {
		return nil, unexpected(err)
	}
	if !unicode.IsLetter(c) {
		return Char(string(c)), nil
	}
	if err := r.unread(c); err != nil {
		return nil, err
	}
	token, err := r.token()
	if err != nil {
		return nil, err
	}
	if named, ok := characters[token]; ok {
		return Char(named), nil
	}
	if digits, ok := strings.CutPrefix(token, "u"); ok && len(digits) == 4 {
		if n, err := strconv.ParseUint(digits, 16, 16); err == nil {
			return Char(string(rune(n))), nil
		}
	}
	if digits, ok := strings.CutPrefix(token, "o"); ok && digits != "" {
		if n, err := strconv.ParseUint(digits, 8, 8); err == nil {
			return Char(string(rune(n))), nil
		}
	}
	return Char(token), nil
}

// token reads up to white space or a bracket.
func (r *Reader) token() (string, error) {
	var b strings.Builder
	for {
		c, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return b.String(), nil
		case err != nil:
			return "", err
		case space(c) || strings.ContainsRune(`()[]{}";`, c):
			return b.String(), r.unread(c)
		}
		b.WriteRune(c)
	}
}

// skip passes over white space and comments and returns the next rune.
func (r *Reader) skip() (rune, error) {
	for {
		c, err := r.next()
		if err != nil {
			return 0, err
		}
		for c == ';' {
			for c != '\n' {
				if c, err = r.next(); err != nil {
					return 0, err
				}
			}
		}
		if !space(c) {
			return c, nil
		}
	}
}

func (r *Reader) next() (rune, error) {
	c, size, err := r.in.ReadRune()
	if c == '\n' {
		r.line++
	}
	r.size = size
	if r.left -= size; r.left < 0 && err == nil {
		return 0, fmt.Errorf("a form has more than %d bytes", maxForm)
	}
	return c, err
}

func (r *Reader) unread(c rune) error {
	if c == '\n' {
		r.line--
	}
	r.left += r.size
	return r.in.UnreadRune()
}

func space(c rune) bool { return c == ',' || unicode.IsSpace(c) }

// unexpected is what is wrong in the midst of a form, where neither the input nor what is around
// it may end.
func unexpected(err error) error {
	var bracket closing
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case errors.As(err, &bracket):
		return errors.New(bracket.Error())
	}
	return err
}
