package progress

import (
	"fmt"
	"io"
	"time"

	"github.com/splitvote/splitvote/harness"
)

// Pace tells on stderr how a campaign is going and how long it will take.
type Pace struct {
	line    *Line // which knows how lines are drawn
	to      int   // seeds in all
	limit   time.Duration
	started time.Time
	first   int // seeds done before this began, -1 as long as that is not known
	told    time.Time
}

// NewPace is that of a campaign over so many seeds.
func NewPace(out io.Writer, to int, limit time.Duration) *Pace {
	now := time.Now()
	return &Pace{line: New(out, 0), to: to, limit: limit, started: now, told: now, first: -1}
}

// Tell prints the line when it is time.
func (p *Pace) Tell(t *harness.Tally, spent time.Duration) {
	if p.first < 0 {
		p.first = t.Places() - 1
	}
	now := time.Now()
	if now.Sub(p.told) < p.line.Every {
		return
	}
	p.told = now
	rate := float64(t.Places()-p.first) / now.Sub(p.started).Seconds()
	left := time.Duration(float64(p.to-t.Places()) / rate * float64(time.Second))
	if p.limit > 0 {
		left = min(left, p.limit-spent)
	}
	of := ""
	if p.to < 1<<30 {
		of = fmt.Sprintf(" of %d", p.to)
	}
	p.line.Draw(
		fmt.Sprintf(
			"%d%s seeds  %.0f/s  %d valid  %d invalid  %d unknown  %d findings  %v left",
			t.Places(),
			of,
			rate,
			t.Valid,
			t.Invalid,
			t.Seeds-t.Valid-t.Invalid,
			len(t.Findings),
			left.Round(time.Second),
		),
	)
}

func (p *Pace) Say(format string, args ...any) { p.line.Say(format, args...) }

func (p *Pace) Done() { p.line.Done() }
