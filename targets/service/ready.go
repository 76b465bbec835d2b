package service

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/splitvote/splitvote/plan"
)

// readiness describes how a member shows that it serves, and how long it may take: a path, or
// {path, within}.
type readiness struct {
	Path   string        // on the client port; it answers 200 once the member serves
	Within plan.Duration // 0: as cluster.Launch has it
}

// UnmarshalYAML reads a path, or a mapping.
func (r *readiness) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		r.Path = node.Value
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: ready: want a path, or {path: /health, within: 60s}", node.Line)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		var err error
		switch key.Value {
		case "path":
			err = value.Decode(&r.Path)
		case "within":
			if err = value.Decode(&r.Within); err == nil && r.Within <= 0 {
				err = fmt.Errorf("line %d: ready: within: %s is not a positive time", value.Line, value.Value)
			}
		default:
			err = fmt.Errorf("line %d: ready: unknown key: %s (known: path, within)", key.Line, key.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
