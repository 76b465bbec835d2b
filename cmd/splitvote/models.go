package main

import (
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/model"
)

// models are those of single objects and those of transactions.
func models() []model.Info {
	return append(model.All(), []model.Info{
		{
			Name: txn.ListAppend, Doc: "Transactions on lists, each of which grows at its end and is read as a whole.",
			Calls: []string{`txn [["append", k, v], ["r", k, null → [v …]] …]`},
		},
		{
			Name: txn.RWRegister, Doc: "Transactions on registers, initially null.",
			Calls: []string{`txn [["w", k, v], ["r", k, null → v] …]`},
		},
		{
			Name: txn.Bank, Doc: "Accounts between which money is moved, and whose total never changes.",
			Calls: []string{`transfer {"from", "to", "amount"}; one that the balance does not cover fails`, "read null → {account: balance}"},
		},
	}...)
}

func modelNames() []string {
	var names []string
	for _, m := range models() {
		names = append(names, m.Name)
	}
	return names
}

// checkLevel says what is wrong with a consistency level for a model; where says who named it.
func checkLevel(where, modelName, level string) error {
	err := harness.CheckLevel(modelName, level)
	switch {
	case err == nil:
		return nil
	case slices.Contains(harness.AllLevels(), level):
		return usage(fmt.Errorf("%s: %w", where, err))
	}
	return usage(fmt.Errorf("%s: %w", where, err), nearestHint(level, harness.AllLevels()))
}
