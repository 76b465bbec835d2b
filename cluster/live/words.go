package live

import (
	"regexp"
	"strings"
)

// WordsSize is how much of the end of a log LastWords can use.
const WordsSize = 64 << 10

// mostWords is how many lines of a log are quoted.
const mostWords = 10

// cry matches how runtimes begin to say why they end, before they dump all their threads.
var cry = regexp.MustCompile(`^(panic: |fatal error: |SIG[A-Z]+: |Exception in thread )`)

// LastWords returns the few lines at the end of a log that tell how its process ended: the last
// ones or, if a runtime dumped all its threads after them, those that begin with the reason.
func LastWords(log string) []string {
	log = strings.TrimSpace(strings.ToValidUTF8(log, "\uFFFD"))
	if log == "" {
		return nil
	}
	lines := strings.Split(log, "\n")
	from := max(0, len(lines)-mostWords)
	for i := len(lines) - 1; i >= 0; i-- {
		lines[i] = strings.TrimRight(lines[i], "\r")
		if cry.MatchString(lines[i]) {
			from = min(from, i)
		}
	}
	return lines[from:min(len(lines), from+mostWords)]
}

// Folded returns a log's lines, indented below the line that introduces them.
func Folded(lines []string) string {
	if len(lines) == 0 {
		return " nothing"
	}
	return "\n  " + strings.Join(lines, "\n  ")
}
