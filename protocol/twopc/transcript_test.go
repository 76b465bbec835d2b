package twopc_test

import (
	"fmt"
	"strings"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/protocol/transcript"
	"github.com/splitvote/splitvote/protocol/twopc"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// stage plays transactions over registers and a bank. Of three members n1 holds register a and
// accounts 0 and 3, n2 register c and account 2, n3 register g and account 1. A node is shown as
// what it says of itself, and what its disk holds.
func stage(bug string) transcript.Stage {
	return transcript.Stage{
		Protocol: twopc.Protocol(), Bug: bug,
		Machine: func() protocol.Machine { return kv.New() },
		Request: func(words []string, _ int) ([]byte, bool, error) {
			c, err := request(words)
			return c.Encode(), false, err
		},
		Result:   bundledtest.Answer,
		Describe: describe,
		Tick:     protocol.Tick{Draw: ^uint64(0)},
	}
}

// request makes a command of write KEY=VALUE ..., read KEY ..., swap KEY=VALUE KEY (write the
// first, read the second), transfer FROM TO AMOUNT.
func request(words []string) (kv.Command, error) {
	var steps []string
	write := func(word string) {
		key, value, _ := strings.Cut(word, "=")
		steps = append(steps, fmt.Sprintf(`["w",%q,%s]`, key, value))
	}
	read := func(key string) { steps = append(steps, fmt.Sprintf(`["r",%q,null]`, key)) }
	switch words[0] {
	case "transfer":
		value := fmt.Sprintf(`{"from":%q,"to":%q,"amount":%s}`, words[1], words[2], words[3])
		return kv.Command{Object: "bank", F: "transfer", Value: []byte(value)}, nil
	case "write":
		for _, word := range words[1:] {
			write(word)
		}
	case "read":
		for _, word := range words[1:] {
			read(word)
		}
	case "after": // after KEY KEY=VALUE: reads one, writes another
		read(words[1])
		write(words[2])
	default:
		return kv.Command{}, fmt.Errorf("no request %q", words[0])
	}
	return kv.Command{Object: "rw-register", F: "txn", Value: []byte("[" + strings.Join(steps, ",") + "]")}, nil
}

// describe reads a disk as a restarted node would.
func describe(core protocol.Core, disk []protocol.Record) string {
	store := kv.New()
	prepared := map[twopc.ID][]byte{}
	var open, committing []string
	without := func(list []string, tx twopc.ID) (rest []string) {
		for _, s := range list {
			if s != tx.String() {
				rest = append(rest, s)
			}
		}
		return rest
	}
	for _, r := range disk {
		switch d := r.Data.(type) {
		case *twopc.Prepared:
			prepared[d.Tx] = d.Part
			open = append(open, d.Tx.String())
		case *twopc.Resolved:
			open = without(open, d.Tx)
			if d.Commit {
				store.Apply(prepared[d.Tx])
			}
		case *twopc.Executed:
			store.Apply(d.Part)
		case *twopc.Decided:
			committing = append(committing, d.Tx.String())
		case *twopc.Finished:
			committing = without(committing, d.Tx)
		}
	}
	text := core.Status().Role
	for _, key := range []string{"a", "c", "g"} {
		r, err := kv.DecodeResult(store.Query(kv.Command{Object: "register", F: "read", Key: key}.Encode()))
		if err == nil && string(r.Value) != "null" {
			text += fmt.Sprintf(" %s=%s", key, r.Value)
		}
	}
	r, err := kv.DecodeResult(store.Query(kv.Command{Object: "bank", F: "read"}.Encode()))
	for account, balance := range changed(string(r.Value)) {
		if err == nil && balance != "" {
			text += fmt.Sprintf(" account %d=%s", account, balance)
		}
	}
	if len(open) > 0 {
		text += " prepared " + strings.Join(open, ",")
	}
	if len(committing) > 0 {
		text += " committing " + strings.Join(committing, ",")
	}
	return text
}

// changed are the balances, "" for those that are as they were opened.
func changed(bank string) []string {
	all := make([]string, kv.Accounts)
	for i := range all {
		_, rest, _ := strings.Cut(bank, fmt.Sprintf("%q:", fmt.Sprint(i)))
		balance, _, _ := strings.Cut(strings.TrimSuffix(rest, "}"), ",")
		if balance != fmt.Sprint(kv.Opening) {
			all[i] = balance
		}
	}
	return all
}
