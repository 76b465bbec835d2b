package edn

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

var (
	hex      = regexp.MustCompile(`^[+-]?0[xX][0-9a-fA-F]{1,16}N?$`)
	integer  = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)N?$`)
	fraction = regexp.MustCompile(`^[+-]?[0-9]{1,64}/[0-9]{1,64}$`)
	floating = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]+)?M?$`)
)

// atom reads a token that stands for itself.
func atom(token string) (any, error) {
	switch token {
	case "":
		return nil, errors.New("a token is empty")
	case "nil":
		return nil, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	if name, ok := strings.CutPrefix(token, ":"); ok {
		if name == "" {
			return nil, errors.New("a keyword has no name")
		}
		return Keyword(name), nil
	}
	if integer.MatchString(token) || floating.MatchString(token) {
		return Number(plain(strings.TrimRight(strings.TrimPrefix(token, "+"), "NM"))), nil
	}
	if hex.MatchString(token) { // of #object, which prints the identity hash
		if n, ok := new(big.Int).SetString(strings.TrimSuffix(token, "N"), 0); ok {
			return Number(n.String()), nil
		}
	}
	if fraction.MatchString(token) {
		return ratio(token)
	}
	if token[0] >= '0' && token[0] <= '9' && !strings.Contains(token, "/") {
		return nil, fmt.Errorf("%.40q is no number", token)
	}
	return Symbol(token), nil
}

// ratio is a quotient in lowest terms, which may be a whole number: Clojure reads 2/4 as 1/2 and
// 4/2 as 2.
func ratio(token string) (any, error) {
	above, below, _ := strings.Cut(strings.TrimPrefix(token, "+"), "/")
	n, _ := new(big.Int).SetString(above, 10)
	d, _ := new(big.Int).SetString(below, 10)
	if d.Sign() == 0 {
		return nil, fmt.Errorf("%.40q divides by zero", token)
	}
	if q := new(big.Rat).SetFrac(n, d); !q.IsInt() {
		return Ratio(q.String()), nil
	} else {
		return Number(q.Num().String()), nil
	}
}

// plain makes a number of Clojure one of JSON: 1. is 1.0 there.
func plain(number string) string {
	if at := strings.IndexByte(number, '.'); at >= 0 &&
		(at+1 == len(number) || number[at+1] < '0' || number[at+1] > '9') {
		return number[:at+1] + "0" + number[at+1:]
	}
	return number
}

// AppendString appends s as a string literal of EDN, which has JSON's escapes for all that must be
// escaped.
func AppendString(buf []byte, s string) []byte {
	buf = append(buf, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			buf = append(buf, '\\', byte(c))
		case c == '\n':
			buf = append(buf, `\n`...)
		case c == '\t':
			buf = append(buf, `\t`...)
		case c == '\r':
			buf = append(buf, `\r`...)
		case c < 0x20:
			buf = fmt.Appendf(buf, `\u%04x`, c)
		default:
			buf = append(buf, string(c)...)
		}
	}
	return append(buf, '"')
}

var word = regexp.MustCompile(`^[a-zA-Z*!_?<>=-][a-zA-Z0-9*!_?<>=.+-]*(/[a-zA-Z0-9*!_?<>=.+-]+)?$`)

// AppendChar appends a character, which must be a single one.
func AppendChar(buf []byte, c string) []byte {
	buf = append(buf, '\\')
	for name, named := range characters {
		if named == c {
			return append(buf, name...)
		}
	}
	return append(buf, c...)
}

// IsToken says whether s, behind a colon, is read as one keyword.
func IsToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return space(c) || strings.ContainsRune(`()[]{}";`, c)
	})
}

// IsSymbol says whether s is surely read as a symbol.
func IsSymbol(s string) bool {
	return word.MatchString(s) && s[0] != '-' && s != "nil" && s != "true" && s != "false"
}

// IsRatio says whether s is a quotient.
func IsRatio(s string) bool { return fraction.MatchString(s) }

// AppendKeyword appends :s, or s as a string where no keyword can be spelt so.
func AppendKeyword(buf []byte, s string) []byte {
	if !word.MatchString(s) {
		return AppendString(buf, s)
	}
	return append(append(buf, ':'), s...)
}

var (
	tag     = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9*!_?<>=.+-]*(/[a-zA-Z0-9*!_?<>=.+-]+)?$`)
	decimal = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,17})$`)
)

// IsTag says whether s can be spelt as a tag, behind its #.
func IsTag(s string) bool { return tag.MatchString(s) }

// IsNumber says whether s is a whole number as it is usually spelt.
func IsNumber(s string) bool { return decimal.MatchString(s) }
