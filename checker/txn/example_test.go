package txn_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// A history of one's own: two doctors, each of whom went off call because the other was still on.
func Example() {
	h, err := history.Read(strings.NewReader(`
{"process":0,"type":"invoke","f":"txn","value":[["r","alice",null],["r","bob",null],["w","alice","off"]]}
{"process":1,"type":"invoke","f":"txn","value":[["r","alice",null],["r","bob",null],["w","bob","off"]]}
{"process":0,"type":"ok","f":"txn","value":[["r","alice",null],["r","bob",null],["w","alice","off"]]}
{"process":1,"type":"ok","f":"txn","value":[["r","alice",null],["r","bob",null],["w","bob","off"]]}
`))
	if err != nil {
		panic(err)
	}
	serializable, err := txn.New(txn.RWRegister, "serializable")
	if err != nil {
		panic(err)
	}
	r := serializable.Check(context.Background(), h)
	fmt.Println(r.Verdict, txn.Anomalies(r))
	for _, claim := range r.Evidence[0].Why {
		fmt.Println(claim.Text)
	}
	fmt.Println("may still be", txn.MayStillBe(r))
	// Output:
	// invalid [G2-item]
	// #0 read bob as null, before #1 wrote "off" to bob
	// #1 read alice as null, before #0 wrote "off" to alice
	// may still be [strong-snapshot-isolation]
}
