package levels

import (
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/model"
)

// Models are those of single objects and those of transactions.
func Models() []model.Info {
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
			Calls: []string{`transfer {"from", "to", "amount"} → [{…}, bool], false if the balance does not cover it`,
				"read null → {account: balance}"},
		},
	}...)
}

// ModelNames are their names.
func ModelNames() []string {
	var names []string
	for _, m := range Models() {
		names = append(names, m.Name)
	}
	return names
}
