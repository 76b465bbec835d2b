package zab_test

import (
	"maps"

	"github.com/splitvote/splitvote/protocol/zab"
)

// defaults are the options of the protocol, with reads after a sync, and some replaced.
func defaults(changes map[string]string) map[string]string {
	values := zab.Protocol().Defaults()
	values["reads"] = "sync"
	maps.Copy(values, changes)
	return values
}
