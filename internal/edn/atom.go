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
	if token[0] >= '0' && token[0] <= '9' && !strings.Contains(token, "/") {
		return nil, fmt.Errorf("%.40q is no number", token)
	}
	return Symbol(token), nil
}

// plain makes a number of Clojure one of JSON: 1. is 1.0 there.
func plain(number string) string {
	if at := strings.IndexByte(number, '.'); at >= 0 && (at+1 == len(number) || number[at+1] < '0' || number[at+1] > '9') {
		return number[:at+1] + "0" + number[at+1:]
	}
	return number
}

// AppendString appends s as a string literal of EDN, which has JSON's escapes for all that must be escaped.
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
