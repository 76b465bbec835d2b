package txn_test

import (
	"context"
	"testing"

	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// Whatever stands in a transaction, the checker answers, and says why where it finds fault; and
// online nothing else is accused of.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`[["append","x",1],["r","x",[1]]]`, `[["w","x",{"a":[1,2]}],["r","x",null]]`,
		`[["r",[1],[[]," ]"]]]`, `[["append","x",1.0],["r","x",[1, 1]]]`, `[["r","x",[1,]]]`, `[["r","x",["\u0061`,
		`[]`, ` [ [ "r" , "x" , null ] ] `, `[["r","x",[1]2]]`,
		`[["rp",null,{"x":[1],"1":null}],["append",1,2]]`, `[["w","x",1],["rp",null,{"x":1}]]`, `[["rp",null,{"x"`} {
		f.Add([]byte(seed), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, asked, answered []byte) {
		for _, model := range []string{txn.ListAppend, txn.RWRegister} {
			c, err := txn.New(model, "")
			if err != nil {
				t.Fatal(err)
			}
			h, err := history.New([]history.Op{
				{Process: 0, F: "txn", Value: asked},
				{Process: 1, F: "txn", Value: asked},
				{Process: 0, Kind: history.Ok, F: "txn", Value: answered},
				{Process: 1, Kind: history.Fail, F: "txn", Value: asked},
			})
			if err != nil {
				t.Fatal(err)
			}
			r := c.Check(context.Background(), h)
			if r.Verdict.String() == "invalid" && len(r.Evidence) == 0 {
				t.Errorf("invalid without evidence: %s", r.Reason)
			}
			if at, got := online(t, model, "", h); at <= len(h.Ops) {
				if r := c.Check(context.Background(), prefix(t, h, at)); r.Verdict.String() != "invalid" {
					t.Errorf("accused after %d events: %s; Check says %v: %s", at, got.Reason, r.Verdict, r.Reason)
				}
			}
		}
	})
}
