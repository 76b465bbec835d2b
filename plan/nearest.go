package plan

import "strings"

// Nearest returns the name with the least edit distance from word, or "" if that distance is more
// than two and more than a third of the word's length (for a word of up to three letters: more than
// one).
func Nearest(word string, names []string) string {
	limit := max(2, len(word)/3)
	if len(word) < 4 {
		limit = 1
	}
	best, least := "", limit+1
	for _, name := range names {
		if d := distance(word, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// Suggest names the name that was likely meant, or lists them all.
func Suggest(word string, names []string) string {
	if near := Nearest(word, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "there are " + strings.Join(names, ", ")
}

// distance is Levenshtein's: insertions, deletions and substitutions of bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
