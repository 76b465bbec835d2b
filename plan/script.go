package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// Fixed is one fault of a schedule, written out instead of drawn.
type Fixed struct {
	At    Duration       `yaml:"at"`            // since the start of the run
	For   Duration       `yaml:"for,omitempty"` // 0: until everything is healed
	Fault string         `yaml:"fault"`
	Shape string         `yaml:"shape"`
	Nodes []string       `yaml:"nodes"` // named by the schedule; the shape leader finds its own
	Set   map[string]any `yaml:"set,omitempty"`
}

// Call is one call of a client, written out instead of drawn.
type Call struct {
	At     Duration `yaml:"at"`     // since the start of the run; later if the client is not free
	Client int      `yaml:"client"` // from 0
	F      string   `yaml:"f"`
	Key    string   `yaml:"key,omitempty"`
	Value  JSON     `yaml:"value"`
	Node   string   `yaml:"node,omitempty"` // the node asked; "" for the client's own
}

// JSON is a value as a history has it; "" is null.
type JSON string

// MarshalYAML writes the value as YAML, of which JSON is a subset.
func (j JSON) MarshalYAML() (any, error) {
	if j == "" {
		return nil, nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(j), &doc); err != nil || len(doc.Content) != 1 {
		return nil, fmt.Errorf("%q is no JSON", string(j))
	}
	return doc.Content[0], nil
}

// UnmarshalYAML reads any value that JSON can express. It is not called for null.
func (j *JSON) UnmarshalYAML(node *yaml.Node) error {
	var v any
	if err := node.Decode(&v); err != nil {
		return err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("line %d: a value that JSON has not", node.Line)
	}
	*j = JSON(text)
	return nil
}

// MarshalYAML writes the fault on one line.
func (f Fixed) MarshalYAML() (any, error) {
	type plain Fixed
	return inLine(plain(f))
}

// MarshalYAML writes the call on one line.
func (c Call) MarshalYAML() (any, error) {
	type plain Call
	return inLine(plain(c))
}

func inLine(v any) (*yaml.Node, error) {
	var node yaml.Node
	if err := node.Encode(v); err != nil {
		return nil, err
	}
	node.Style = yaml.FlowStyle
	return &node, nil
}

// validateScript checks the schedule and the calls.
func (p Plan) validateScript(faults []string) error {
	for i, f := range p.Schedule {
		if err := named(fmt.Sprintf("schedule: fault %d", i+1), f.Fault, faults); err != nil {
			return err
		}
		if !slices.Contains(p.Faults, f.Fault) {
			return fmt.Errorf("schedule: fault %d: %s is not among the faults of the plan", i+1, f.Fault)
		}
		if f.At < 0 || f.For < 0 {
			return fmt.Errorf("schedule: fault %d: at and for: want none below 0s", i+1)
		}
	}
	for i, c := range p.Calls {
		switch clients := p.Concurrency.Of(p.Nodes); {
		case c.At < 0:
			return fmt.Errorf("calls: call %d: at: want none below 0s", i+1)
		case c.Client < 0 || c.Client >= clients:
			return fmt.Errorf("calls: call %d: client %d is not from 0 to %d", i+1, c.Client, clients-1)
		case c.F == "":
			return fmt.Errorf("calls: call %d: f is missing", i+1)
		case strings.ContainsFunc(c.F+c.Key+c.Node, unicode.IsControl): // YAML does not preserve all of them (L1)
			return fmt.Errorf("calls: call %d: f, key, node: want no control characters", i+1)
		}
	}
	return nil
}
