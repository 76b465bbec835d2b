package linear

import (
	"fmt"
	"runtime"
	"time"
)

// Engine is a way to decide.
type Engine string

// The engines. Each is exact; they differ in what they cost.
const (
	Auto      Engine = "auto"      // the type's own algorithm where it applies, else the search
	Search    Engine = "search"    // the search over compact configurations only
	Porcupine Engine = "porcupine" // github.com/anishathalye/porcupine only
)

// Options bound and steer a check. The zero value is ready to use.
type Options struct {
	Engine  Engine        // "" is Auto
	Timeout time.Duration // of the whole check; 0 is none but the context's
	// bytes that all searches together may hold, estimated, with the states (see model.SizeOf); 0
	// is 4 GiB
	Memory  int64
	Workers int // objects judged at once; 0 is one a processor
}

func (o Options) complete() (Options, error) {
	switch o.Engine {
	case "":
		o.Engine = Auto
	case Auto, Search, Porcupine:
	default:
		return o, fmt.Errorf("engine is %q, want auto, search or porcupine", o.Engine)
	}
	if o.Memory == 0 {
		o.Memory = 4 << 30
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Timeout < 0 || o.Memory < 0 || o.Workers < 0 {
		return o, fmt.Errorf("limits are timeout %v, memory %d, workers %d, want none negative", o.Timeout, o.Memory,
			o.Workers)
	}
	return o, nil
}
