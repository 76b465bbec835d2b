package report

import (
	"github.com/splitvote/splitvote/checker"
)

// The bounds of a member's log in a report (R4).
const (
	logLines = 10
	logWidth = 200 // runes of a line
)

// lastWords returns the last lines of the log that a violation quotes, made safe and short.
func lastWords(e *checker.Evidence) []string {
	var lines []string
	for _, line := range e.Log[max(0, len(e.Log)-logLines):] {
		lines = append(lines, short(plain(line), logWidth))
	}
	return lines
}

// logHeading introduces them.
func logHeading(e *checker.Evidence) string {
	if e.LogFile == "" {
		return "it last said:"
	}
	return "it last said (" + plain(e.LogFile) + "):"
}
