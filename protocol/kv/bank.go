package kv

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// A bank has this many accounts, numbered from 0, each with the same opening balance.
const (
	Accounts = 8
	Opening  = 10
)

// account is a balance, which never falls below zero.
type account struct{ balance uint64 }

func open() object { return &account{Opening} }

// call handles amounts that split has checked.
func (o *account) call(f string, value []byte) Result {
	amount, _ := strconv.ParseUint(string(value), 10, 64)
	switch {
	case f == "read":
		return ok(strconv.AppendUint(nil, o.balance, 10))
	case f == "deposit":
		o.balance += amount
	case amount > o.balance: // withdraw
		return no(NotCovered)
	default:
		o.balance -= amount
	}
	return ok(nil)
}

func (o *account) append(data []byte) []byte { return binary.AppendUvarint(data, o.balance) }

func (o *account) read(r *reader) { o.balance = r.uvarint() }

// NotCovered is why a transfer or a withdrawal is refused that the balance does not cover.
const NotCovered = "not enough in the account"

// bank is all the accounts. A transfer is a withdrawal and a deposit. A read covers every account,
// or
// those that its value lists.
type bank struct{}

func (bank) split(c Command) ([]step, error) {
	switch c.F {
	case "read":
		return balances(c)
	case "transfer":
		return transfer(c)
	default: // withdraw, deposit
		one := step{key: c.Key, call: c.F, value: c.Value, write: true}
		return []step{one}, cmp.Or(holder(one.key), sum(one.value))
	}
}

func balances(c Command) ([]step, error) {
	names, ok := elements(c.Value)
	if !ok && !bytes.Equal(c.Value, null) {
		return nil, fmt.Errorf("read wants null or a list of accounts, not %s", excerpt(c.Value))
	}
	if !ok {
		for i := range Accounts {
			names = append(names, strconv.AppendInt(nil, int64(i), 10))
		}
	}
	var steps []step
	for _, name := range names {
		key, _ := text(name)
		if err := holder(key); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(steps, func(s step) bool { return s.key == key }) {
			steps = append(steps, step{key: key, call: "read"})
		}
	}
	return steps, nil
}

func transfer(c Command) ([]step, error) {
	var parts map[string]json.RawMessage
	if json.Unmarshal(c.Value, &parts) != nil || len(parts) != 3 ||
		parts["from"] == nil || parts["to"] == nil || parts["amount"] == nil {
		return nil, fmt.Errorf(`transfer wants {"from":account,"to":account,"amount":number}, not %s`, excerpt(c.Value))
	}
	from, _ := text(parts["from"])
	to, _ := text(parts["to"])
	if err := cmp.Or(holder(from), holder(to), sum(parts["amount"])); err != nil {
		return nil, err
	}
	if from == to {
		return nil, errors.New("transfer wants two accounts")
	}
	return []step{
		{key: from, call: "withdraw", value: parts["amount"], write: true},
		{key: to, call: "deposit", value: parts["amount"], write: true},
	}, nil
}

// holder checks that the account exists.
func holder(key string) error {
	if n, err := strconv.Atoi(key); err != nil || n < 0 || n >= Accounts || strconv.Itoa(n) != key {
		return fmt.Errorf("no account %q: there are 0 to %d", key, Accounts-1)
	}
	return nil
}

// sum checks that value is an amount. Amounts are small enough that no balance overflows.
func sum(value []byte) error {
	if n, err := strconv.ParseUint(string(value), 10, 31); err != nil || n == 0 {
		return fmt.Errorf("amount wants a whole number from 1, not %s", excerpt(value))
	}
	return nil
}

func (bank) join(steps []step, answers [][]byte) []byte {
	if len(steps) > 0 && steps[0].write {
		return nil
	}
	value := []byte{'{'}
	for i, s := range steps {
		if i > 0 {
			value = append(value, ',')
		}
		value = append(strconv.AppendQuote(value, s.key), ':')
		value = append(value, answers[i]...)
	}
	return append(value, '}')
}

func (bank) pack(c Command, steps []step) Command {
	if steps[0].write {
		c.F, c.Key, c.Value = steps[0].call, steps[0].key, steps[0].value
		return c
	}
	names := make([][]byte, len(steps))
	for i, s := range steps {
		names[i] = strconv.AppendQuote(nil, s.key)
	}
	c.Value = array(names)
	return c
}

func (bank) unpack(value []byte) (map[string][][]byte, error) {
	var balances map[string]json.RawMessage
	if err := json.Unmarshal(value, &balances); err != nil {
		return nil, err
	}
	answers := map[string][][]byte{}
	for key, balance := range balances {
		answers[key] = [][]byte{balance}
	}
	return answers, nil
}
