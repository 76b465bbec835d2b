package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"
)

// Plan is one experiment. The keys of its YAML form are the flags of splitvote run.
type Plan struct {
	// of the run's directory; default workload-target
	Name          string   `yaml:"name"`
	Target        string   `yaml:"target"`         // system under test
	Nodes         int      `yaml:"nodes"`          // members, from 1 to 9
	Backend       string   `yaml:"backend"`        // auto, sim, local or docker
	Workload      string   `yaml:"workload"`       // what the clients do
	Faults        []string `yaml:"faults,flow"`    // what the nemesis does; may be empty
	FaultInterval Duration `yaml:"fault-interval"` // mean time between two faults
	TimeLimit     Duration `yaml:"time-limit"`     // of the main phase, before healing
	HealLimit     Duration `yaml:"heal-limit"`     // how long a healed cluster may take to answer
	Rate          float64  `yaml:"rate"`           // calls per second, all clients together
	// clients: a number, or a multiple of the nodes such as 2n
	Concurrency Concurrency `yaml:"concurrency"`
	Timeout     Duration    `yaml:"timeout"`       // of one call, attempts at other nodes included
	Seed        uint64      `yaml:"seed"`          // determines everything drawn; 0 draws a seed
	Bug         string      `yaml:"bug,omitempty"` // planted bug to switch on
	// kind of lie that the harness tells, so that the run must be invalid
	Control string            `yaml:"control,omitempty"`
	Set     map[string]string `yaml:"set,flow"` // settings of the target and the workload
	// level to judge by; default the target's promise
	Consistency    string   `yaml:"consistency,omitempty"`
	CheckerTimeout Duration `yaml:"checker-timeout"`          // of the judgement
	CheckerMemory  Bytes    `yaml:"checker-memory,omitempty"` // bound for its searches; default 4GiB
	FailFast       bool     `yaml:"fail-fast,omitempty"`      // judge during the run, and stop at the first violation

	Schedule []Fixed `yaml:"schedule,omitempty"` // these faults, instead of drawn ones
	Calls    []Call  `yaml:"calls,omitempty"`    // these calls before healing, instead of the workload's
}

// Default is the plan of an empty file.
func Default() Plan {
	return Plan{Target: "raft", Nodes: 5, Backend: "auto", Workload: "register", Faults: []string{},
		FaultInterval: Duration(5 * time.Second), TimeLimit: Duration(30 * time.Second),
		HealLimit: Duration(20 * time.Second),
		Rate:      100, Concurrency: "2n", Timeout: Duration(time.Second), Set: map[string]string{},
		CheckerTimeout: Duration(time.Minute)}
}

// Duration is a time.Duration, written as 30s.
type Duration time.Duration

func (d Duration) String() string { return time.Duration(d).String() }

// Set reads what time.ParseDuration reads. With Type it makes a duration the value of a flag.
func (d *Duration) Set(text string) error {
	v, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("want a duration as 30s or 1m30s")
	}
	*d = Duration(v)
	return nil
}

// Type names the value of a flag.
func (*Duration) Type() string { return "duration" }

// MarshalYAML writes the duration as Go does: 1m30s.
func (d Duration) MarshalYAML() (any, error) { return time.Duration(d).String(), nil }

// UnmarshalYAML reads what time.ParseDuration reads.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	v, err := time.ParseDuration(node.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no duration (want one as 30s or 1m30s)", node.Line, node.Value)
	}
	*d = Duration(v)
	return nil
}

// Concurrency is a number of clients, or a multiple of the number of nodes: 10, 2n.
type Concurrency string

var concurrency = regexp.MustCompile(`^([1-9][0-9]{0,4})(n?)$`)

// Of returns the number of clients for a cluster of the given size, at least 1; 0 if c has neither
// form.
func (c Concurrency) Of(nodes int) int {
	m := concurrency.FindStringSubmatch(string(c))
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	if m[2] == "n" {
		n *= nodes
	}
	return n
}

// Parse reads a plan over base: keys missing in the file keep their value in base. An error names
// the line.
func Parse(r io.Reader, base Plan) (Plan, error) {
	p := base
	if err := Decode(r, &p, "a plan is one experiment", Keys()); err != nil {
		return base, err
	}
	return p, nil
}

// Decode reads one YAML document into a struct. An error is one line and names the line of the
// file. An unknown key is an error, which suggests the nearest of keys. So is a second document;
// one says why a single document is enough.
func Decode(r io.Reader, into any, one string, keys []string) error {
	dec := yaml.NewDecoder(r)
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return clear(err, keys)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more than one document; " + one)
	}
	return nil
}

var (
	unknownKey = regexp.MustCompile(`line (\d+): field (\S+) not found in type`)
	goType     = regexp.MustCompile(`\b(plan|service)\.`)
)

// clear reduces a multi-line error of the YAML library to its first mistake, on one line.
func clear(err error, keys []string) error {
	var several *yaml.TypeError
	text := err.Error()
	if errors.As(err, &several) && len(several.Errors) > 0 {
		text = several.Errors[0]
	}
	if m := unknownKey.FindStringSubmatch(text); m != nil {
		if near := Nearest(m[2], keys); near != "" {
			return fmt.Errorf("line %s: no such key: %s (did you mean %s?)", m[1], m[2], near)
		}
		return fmt.Errorf("line %s: no such key: %s (there are %s)", m[1], m[2], strings.Join(keys, ", "))
	}
	text = goType.ReplaceAllString(strings.TrimPrefix(text, "yaml: "), "")
	return errors.New(strings.Join(strings.Fields(text), " "))
}

// Keys lists the keys of a plan in printing order.
func Keys() []string {
	var node yaml.Node
	full := Default()
	full.Bug, full.Control, full.Consistency, full.Schedule, full.Calls = "x", "x", "x", []Fixed{{}}, []Call{{}}
	full.CheckerMemory, full.FailFast = 1, true
	if err := node.Encode(full); err != nil {
		panic(err) // a Plan is always encodable
	}
	var keys []string
	for i := 0; i < len(node.Content); i += 2 {
		keys = append(keys, node.Content[i].Value)
	}
	return keys
}

// String returns the plan as YAML with every key written out.
func (p Plan) String() string {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(p); err != nil {
		panic(err) // a Plan is always encodable
	}
	return out.String()
}

// Known are the names that a plan may use.
type Known struct {
	Targets, Backends, Workloads, Faults []string

	Bugs     []string  // of the plan's target
	Controls []string  // kinds of lies
	Settings []Setting // of the plan's target and workload
}

// Setting is a setting that a plan's set can have.
type Setting struct {
	Name    string
	Default string   // "" if the default is not among the values
	Values  []string // the values allowed; empty: a whole number from 1
	Doc     string   // one sentence
}

// Validate checks a plan. Its error is one line that names the key.
func (p Plan) Validate(k Known) error {
	for _, check := range []struct {
		key, name string
		names     []string
	}{{"target", p.Target, k.Targets}, {"backend", p.Backend, k.Backends}, {"workload", p.Workload, k.Workloads}} {
		if err := named(check.key, check.name, check.names); err != nil {
			return err
		}
	}
	for i, f := range p.Faults {
		if err := named("faults", f, k.Faults); err != nil {
			return err
		}
		if slices.Contains(p.Faults[:i], f) {
			return fmt.Errorf("faults: %s is named twice", f)
		}
	}
	if p.Bug != "" {
		if err := named("bug", p.Bug, k.Bugs); err != nil {
			return err
		}
	}
	if p.Control != "" {
		if err := named("control", p.Control, k.Controls); err != nil {
			return err
		}
	}
	for _, length := range []struct {
		key string
		is  Duration
	}{{"time-limit", p.TimeLimit}, {"heal-limit", p.HealLimit}, {"timeout", p.Timeout},
		{"checker-timeout", p.CheckerTimeout},
		{"fault-interval", p.FaultInterval}} {
		if length.is <= 0 {
			return fmt.Errorf("%s: %v is not more than 0s", length.key, length.is)
		}
	}
	switch {
	case p.Nodes < 1 || p.Nodes > 9:
		return fmt.Errorf("nodes: %d is not from 1 to 9", p.Nodes)
	case !(p.Rate > 0 && p.Rate <= 1e6): // rejects NaN too
		return fmt.Errorf("rate: %g is not from above 0 to 1000000 calls a second", p.Rate)
	case p.Concurrency.Of(p.Nodes) == 0:
		return fmt.Errorf("concurrency: %q is neither a number of clients nor a multiple of the nodes as 2n",
			p.Concurrency)
	case strings.ContainsAny(p.Name, "/\\") || strings.HasPrefix(p.Name, ".") ||
		strings.ContainsFunc(p.Name, unicode.IsControl):
		return fmt.Errorf("name: %q cannot name a directory", p.Name)
	}
	if err := p.validateScript(k.Faults); err != nil {
		return err
	}
	return p.validateSettings(k.Settings)
}

func (p Plan) validateSettings(known []Setting) error {
	var names []string
	for _, k := range known {
		names = append(names, k.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Set)) {
		if err := named("set", name, names); err != nil {
			return err
		}
		values, value := known[slices.Index(names, name)].Values, p.Set[name]
		said := strings.Join(strings.Fields(value), " ")
		if n, err := strconv.Atoi(value); len(values) == 0 && (err != nil || n < 1) {
			return fmt.Errorf("set: %s=%s: want a whole number from 1", name, said)
		}
		if len(values) > 0 && !slices.Contains(values, value) {
			return fmt.Errorf("set: %s=%s: want one of %s", name, said, strings.Join(values, ", "))
		}
	}
	return nil
}

func named(key, name string, names []string) error {
	if slices.Contains(names, name) {
		return nil
	}
	if near := Nearest(name, names); near != "" {
		return fmt.Errorf("%s: no such name: %q (did you mean %s?)", key, name, near)
	}
	switch most := 20; { // in one line
	case len(names) == 0:
		return fmt.Errorf("%s: no such name: %q (there are none here)", key, name)
	case len(names) > most:
		return fmt.Errorf("%s: no such name: %q", key, name)
	}
	return fmt.Errorf("%s: no such name: %q (there are %s)", key, name, strings.Join(names, ", "))
}
