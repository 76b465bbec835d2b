package workloads_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/workloads"
)

// micro is a micro-operation.
type micro struct{ f, key, value string }

func micros(t *testing.T, op *history.Op) []micro {
	t.Helper()
	var all [][]json.RawMessage
	if err := json.Unmarshal(op.Value, &all); err != nil {
		t.Fatalf("%s is no transaction: %v", op.Value, err)
	}
	var list []micro
	for _, m := range all {
		var f, key string
		if len(m) != 3 || json.Unmarshal(m[0], &f) != nil || json.Unmarshal(m[1], &key) != nil {
			t.Fatalf("%s is no micro-operation", m)
		}
		list = append(list, micro{f, key, string(m[2])})
	}
	return list
}

// Values are unique within a key (W2), and a key is abandoned after a number of writes (W3).
func TestTransactionsWriteEachValueOnce(t *testing.T) {
	for _, test := range []struct {
		workload string
		most     int // writes to a key
	}{{"list-append", 25}, {"rw-register", 25}, {"write-skew", 25}, {"long-fork", 1}} {
		w, _ := workloads.Named(test.workload)
		seen := map[string]bool{}
		writes := map[string]int{}
		for _, op := range run(t, w, workloads.Options{OpsPerKey: 25}, 2000, false).Ops {
			if op.Kind != history.Invoke {
				continue
			}
			for _, m := range micros(t, &op) {
				if m.f == "r" {
					continue
				}
				if id := fmt.Sprint(m); seen[id] {
					t.Fatalf("%s: %v is written twice", test.workload, m)
				} else {
					seen[id] = true
				}
				writes[m.key]++
			}
		}
		for key, n := range writes {
			if n > test.most {
				t.Errorf("%s: %s was written %d times, want at most %d", test.workload, key, n, test.most)
			}
		}
		if len(writes) < 50 {
			t.Errorf("%s: only %d keys were written", test.workload, len(writes))
		}
	}
}

// A write skew needs two transactions that read both keys of a pair and write one each.
func TestWriteSkewReadsTwoAndWritesOne(t *testing.T) {
	w, _ := workloads.Named("write-skew")
	sides := map[int]int{}
	for _, op := range run(t, w, workloads.Options{}, 700, false).Ops {
		list := micros(t, &op)
		if op.Kind != history.Invoke || len(list) != 3 {
			continue // a transaction that only reads
		}
		side := slices.IndexFunc(list[:2], func(m micro) bool { return m.key == list[2].key })
		if list[0].f != "r" || list[1].f != "r" || list[2].f != "w" || list[0].key == list[1].key || side < 0 {
			t.Fatalf("%s reads not two keys to write one of them", op.Value)
		}
		sides[side]++
	}
	if sides[0] < 200 || sides[1] < 200 {
		t.Errorf("the two sides of pairs were written %v times", sides)
	}
}

// A long fork needs single writes, and reads that see several of them.
func TestLongForkWritesOneAndReadsAll(t *testing.T) {
	w, _ := workloads.Named("long-fork")
	reads := map[string]int{}
	for _, op := range run(t, w, workloads.Options{}, 500, false).Ops {
		list := micros(t, &op)
		if op.Kind != history.Invoke || len(list) == 1 && list[0].f == "w" {
			continue
		}
		if slices.ContainsFunc(list, func(m micro) bool { return m.f != "r" }) {
			t.Fatalf("%s neither writes one key nor reads several", op.Value)
		}
		if len(list) == 3 { // not a final read
			reads[list[0].key]++
		}
	}
	for group, n := range reads {
		if n > 12 {
			t.Errorf("the group of %s was read %d times", group, n)
		}
	}
	if len(reads) < 20 {
		t.Errorf("only %d groups were read", len(reads))
	}
}

// The workload's bank is the store's: a transfer between any two accounts of one is a transfer of
// the other.
func TestBankKnowsItsAccounts(t *testing.T) {
	w, _ := workloads.Named("bank")
	used := map[string]bool{}
	for _, op := range run(t, w, workloads.Options{}, 500, false).Ops {
		var transfer struct {
			From, To string
			Amount   int
		}
		if op.F != "transfer" || op.Kind != history.Invoke {
			continue
		}
		if err := json.Unmarshal(op.Value, &transfer); err != nil || transfer.Amount < 1 ||
			transfer.Amount > kv.Opening {
			t.Fatalf("%s is no transfer: %v", op.Value, err)
		}
		used[transfer.From], used[transfer.To] = true, true
	}
	for i := range kv.Accounts {
		if !used[fmt.Sprint(i)] {
			t.Errorf("account %d is never used", i)
		}
	}
	if len(used) != kv.Accounts {
		t.Errorf("accounts %v are used, the store has %d", used, kv.Accounts)
	}
}
