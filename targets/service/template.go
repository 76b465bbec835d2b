package service

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"text/template"

	"gopkg.in/yaml.v3"
)

// text is a template of text/template.
type text struct {
	template *template.Template
	source   string
	line     int
}

// UnmarshalYAML reads a scalar.
func (t *text) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: want a string", node.Line)
	}
	parsed, err := template.New("").Funcs(functions).Parse(node.Value)
	if err != nil {
		return fmt.Errorf("line %d: %s", node.Line, because(err))
	}
	*t = text{parsed, node.Value, node.Line}
	return nil
}

// with expands the template. The error names the line of the file.
func (t text) with(data any) (string, error) {
	var out strings.Builder
	if err := t.template.Execute(&out, data); err != nil {
		return "", fmt.Errorf("line %d: %s", t.line, because(err))
	}
	return out.String(), nil
}

// expand expands every text with the same data. Empty results are left out, so an argument can
// depend on the member; the first is always kept.
func expand(texts []text, data any) ([]string, error) {
	var all []string
	for i, t := range texts {
		one, err := t.with(data)
		if err != nil {
			return nil, err
		}
		if one == "" && i > 0 {
			continue
		}
		all = append(all, one)
	}
	return all, nil
}

// because returns what is wrong with a template, without the position: "template: :1:2: executing
// ... at <.X>: why".
func because(err error) string {
	said := err.Error()
	if _, rest, ok := strings.Cut(said, " at <"); ok {
		return "in {{" + strings.Replace(rest, ">: ", "}}: ", 1)
	}
	if parts := strings.SplitN(said, ": ", 3); len(parts) == 3 && parts[0] == "template" {
		return parts[2]
	}
	return said
}

// functions are the functions that templates have beside Go's own.
var functions = template.FuncMap{
	"json": func(v any) (string, error) {
		b, err := json.Marshal(v)
		return string(b), err
	},
	"b64": func(v any) string { return base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(v))) },
	"unb64": func(v any) (string, error) {
		b, err := base64.StdEncoding.DecodeString(fmt.Sprint(v))
		return string(b), err
	},
	"path": func(v any) string { return url.PathEscape(fmt.Sprint(v)) },
	"host": func(addr string) (string, error) { host, _, err := splitAddr(addr); return host, err },
	"port": func(addr string) (string, error) { _, port, err := splitAddr(addr); return port, err },
	"join": func(list any, between string, rest ...string) (string, error) {
		if l, ok := list.(joinable); ok {
			return l.join(between, rest...), nil
		}
		return "", errors.New("join wants .Members, .Peers or .All")
	},
}

func splitAddr(addr string) (host, port string, err error) {
	if addr == "" {
		return "", "", nil // not placed yet
	}
	return net.SplitHostPort(addr)
}

// joinable is a list that can become one word of a command line.
type joinable interface {
	join(between string, rest ...string) string
}

// A template writes a JSON value as JSON, where Go would write map[a:1], [1 2] and <no value>.
type (
	none   map[string]any // null, which is false to an if
	list   []any
	object map[string]any
	quoted string // a string in an argument; in an answer it is written without quotes
)

func (none) String() string     { return "null" }
func (l list) String() string   { return written([]any(l)) }
func (o object) String() string { return written(map[string]any(o)) }
func (q quoted) String() string { return written(string(q)) }

func written(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error() // nothing was read as JSON
	}
	return string(b)
}

// plain returns a JSON value in the form that templates use: numbers keep their text. It returns
// nil unless the input is exactly one JSON value.
func plain(data []byte, quote bool) any {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if !json.Valid(data) || dec.Decode(&v) != nil {
		return nil
	}
	return named(v, quote)
}

func named(v any, quote bool) any {
	switch v := v.(type) {
	case nil:
		return none(nil)
	case string:
		if quote {
			return quoted(v)
		}
	case []any:
		for i := range v {
			v[i] = named(v[i], quote)
		}
		return list(v)
	case map[string]any:
		for k := range v {
			v[k] = named(v[k], quote)
		}
		return object(v)
	}
	return v
}
