package histories

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed txn/*.jsonl txn/*.edn txn/*.json txn/*.log
var transactional embed.FS

// Transactions is one history of transactions with its header. Each shows one anomaly, or none.
type Transactions struct {
	Name      string            `json:"-"`         // without txn/ and .jsonl
	Model     string            `json:"model"`     // list-append, rw-register or bank
	Expect    map[string]string `json:"expect"`    // verdict by consistency level, as it is defined: valid or invalid
	Open      []string          `json:"open"`      // levels that cycles leave open, so that checker/txn says unknown
	Anomalies []string          `json:"anomalies"` // every anomaly that it has, by its name
	Comment   string            `json:"comment"`
	Source    string            `json:"source"`
	Data      []byte            `json:"-"` // the whole file, header included; history.Read passes over the header
	Forms     map[string][]byte `json:"-"` // the same in other formats, by the file's ending
}

// Verdict is what checker/txn says of a level.
func (t Transactions) Verdict(level string) string {
	if slices.Contains(t.Open, level) {
		return "unknown"
	}
	return t.Expect[level]
}

// AllTransactions lists the corpus of transactions in the order of names. An error is a header that
// cannot be read.
func AllTransactions() ([]Transactions, error) {
	names, err := fs.Glob(transactional, "txn/*.jsonl")
	if err != nil {
		return nil, err
	}
	all := make([]Transactions, 0, len(names))
	for _, name := range names {
		file := Transactions{Name: strings.TrimSuffix(strings.TrimPrefix(name, "txn/"), ".jsonl")}
		if file.Data, file.Forms, err = read(transactional, name, &file); err != nil {
			return nil, err
		}
		all = append(all, file)
	}
	return all, nil
}
