package harness

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
)

// Tally sums up trials. It holds nothing that depends on the machine or on how many trials ran at
// a time, and the tallies of a campaign's shards add up to that of the whole.
type Tally struct {
	Seeds     int                   `json:"seeds"` // looks at leads among them
	Looks     int                   `json:"looks"` // how many of the seeds were leads with different luck
	Valid     int                   `json:"valid"`
	Invalid   int                   `json:"invalid"`
	Unknown   map[checker.Cause]int `json:"unknown"` // seeds without a verdict, by cause
	Calls     int                   `json:"calls"`   // of clients
	Simulated time.Duration         `json:"simulated"`
	Findings  []Finding             `json:"findings"` // each sort of violation once, by the first seed that showed it
	Digest    string                `json:"digest"`   // of all histories and verdicts, whatever their order: hex
}

// Finding is one sort of violation.
type Finding struct {
	Sign
	Seeds   int    `json:"seeds"`   // seeds that show it
	First   uint64 `json:"first"`   // the smallest of them
	Summary string `json:"summary"` // what the first seed shows, in one line
}

// Places is how many seeds of a campaign were tried, not counting looks at leads.
func (t *Tally) Places() int { return t.Seeds - t.Looks }

// Add counts a trial, without its looks. It returns the signs that were new.
func (t *Tally) Add(trial Trial) (fresh []Sign) {
	t.Seeds++
	if plan.Again(trial.Seed, 0) != trial.Seed {
		t.Looks++
	}
	t.Simulated += trial.Outcome.Virtual
	for _, c := range trial.Outcome.History.Calls() {
		if trial.Outcome.History.Invocation(c).Process != history.Nemesis {
			t.Calls++
		}
	}
	switch r := trial.Outcome.Result; r.Verdict {
	case checker.Valid:
		t.Valid++
	case checker.Invalid:
		t.Invalid++
	case checker.Unknown:
		if t.Unknown == nil {
			t.Unknown = map[checker.Cause]int{}
		}
		t.Unknown[r.Cause]++
	}
	signs, lines := trial.Outcome.Signs()
	for i, sign := range signs {
		if t.find(Finding{Sign: sign, Seeds: 1, First: trial.Seed, Summary: lines[i]}) {
			fresh = append(fresh, sign)
		}
	}
	t.mix(trial.seeded())
	return fresh
}

// find adds a finding to those with its sign; fresh reports that it is the first.
func (t *Tally) find(f Finding) (fresh bool) {
	defer slices.SortFunc(t.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Checker, b.Checker),
			cmp.Compare(a.Evidence, b.Evidence))
	})
	at := slices.IndexFunc(t.Findings, func(g Finding) bool { return g.Sign == f.Sign })
	if at < 0 {
		t.Findings = append(t.Findings, f)
		return true
	}
	g := &t.Findings[at]
	if f.First < g.First {
		g.First, g.Summary = f.First, f.Summary
	}
	g.Seeds += f.Seeds
	return false
}

// seeded is the trial's digest, distinct from that of another seed with the same history.
func (t Trial) seeded() [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%d %x", t.Seed, t.Digest))
}

// mix adds a digest to the tally's by exclusive or, so that the order does not matter.
func (t *Tally) mix(digest [sha256.Size]byte) {
	sum := make([]byte, sha256.Size)
	if old, err := hex.DecodeString(t.Digest); err == nil {
		copy(sum, old)
	}
	for i := range sum {
		sum[i] ^= digest[i]
	}
	t.Digest = hex.EncodeToString(sum)
}

// Merge adds another tally, of other seeds.
func (t *Tally) Merge(o Tally) error {
	digest, err := hex.DecodeString(o.Digest)
	if o.Seeds > 0 && (err != nil || len(digest) != sha256.Size) {
		return errors.New("the digest is not valid")
	}
	t.Seeds, t.Valid, t.Invalid = t.Seeds+o.Seeds, t.Valid+o.Valid, t.Invalid+o.Invalid
	t.Looks += o.Looks
	t.Calls, t.Simulated = t.Calls+o.Calls, t.Simulated+o.Simulated
	for cause, n := range o.Unknown {
		if t.Unknown == nil {
			t.Unknown = map[checker.Cause]int{}
		}
		t.Unknown[cause] += n
	}
	for _, f := range o.Findings {
		t.find(f)
	}
	if o.Seeds > 0 {
		t.mix([sha256.Size]byte(digest))
	}
	return nil
}
