package txn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/checker"
)

// The models of transactions.
const (
	ListAppend = "list-append"
	RWRegister = "rw-register"
	Bank       = "bank"
)

// Models names the models of transactions.
func Models() []string { return []string{ListAppend, RWRegister, Bank} }

// New is the checker of a consistency level of [Levels] for a model of [Models]; "" is the
// strictest level. It is an error if there is no such model or level.
//
// Its verdict is invalid if the level is ruled out, with the anomalies that rule it out as
// evidence; an anomaly that the level allows is named by [Anomalies] and nothing else. It is
// unknown if a value was written twice to one key and read and too many ways remain to say which
// write was seen, if a call is no transaction, or if ctx ended first.
func New(modelName, consistency string) (checker.Checker, error) {
	if consistency == "" {
		consistency = Strictest
	}
	if !slices.Contains(Models(), modelName) {
		return nil, fmt.Errorf("no transactional model %q, there are %s", modelName, strings.Join(Models(), ", "))
	}
	asked := levelNamed(consistency)
	if asked == 0 {
		return nil, fmt.Errorf("no consistency %q of transactions, there are %s", consistency,
			strings.Join(Levels(), ", "))
	}
	return judge{modelName, asked}, nil
}

type judge struct {
	model string
	asked level
}

func (j judge) Name() string { return strings.Join(j.asked.names(), "") }

// Anomalies names what was found, the worst first, whether or not it rules out the level that was
// asked for.
func Anomalies(r checker.Result) []string { return listed(r, "anomalies") }

// RuledOut lists the levels that the history cannot have had, the weakest first.
func RuledOut(r checker.Result) []string { return listed(r, "ruled-out") }

// MayStillBe lists the strongest levels that are not ruled out: the history satisfies them as far
// as can be told (X9).
func MayStillBe(r checker.Result) []string { return listed(r, "may-still-be") }

func listed(r checker.Result, name string) []string {
	names, _ := r.Stats[name].([]string)
	return names
}
