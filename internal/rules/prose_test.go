package rules_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// Widths in columns; a tab counts as four.
const (
	commentWidth  = 100
	markdownWidth = 110
	codeWidth     = 120
)

// turns are phrases that a reader has to read twice, each with a plainer one. The expressions are
// chosen to have few false positives; rephrase the sentence where one is hit by accident.
var turns = []struct {
	pattern *regexp.Regexp
	plainer string
}{
	{regexp.MustCompile(`\b(that|what|which|who) (is|are|was) none\b`),
		"say what it is not: \"not a number\", \"invalid\""},
	{regexp.MustCompile(`\b(exact|itself|ended|answer|cancelled) is none\b`),
		"\"is not an error\", \"does not count\""},
	{regexp.MustCompile(`\b(is|are|was|were) none of (its|theirs|ours|the|a|those)\b`), "\"is not one of\""},
	{regexp.MustCompile(`\bbut for\b`), "\"except\""},
	{regexp.MustCompile(`\bof those that\b`), "name them: \"the first begun call\""},
	{regexp.MustCompile(`\b(what|that|which|who|whom|word|field|function|node|fault) there is (not|none)\b`),
		"\"does not exist\", \"unknown\""},
	{regexp.MustCompile(`\bhardly ever\b|\bnot unless\b`), "state what happens: \"rarely\", \"only if\""},
	{regexp.MustCompile(`\b(of|in|after|within|from|are|is|has|have|only|for) so many\b`), "\"N\", or name the number"},
	{regexp.MustCompile(`\bas many (of them |[a-z]+ )?as (that|there|leave|keep|fit|may|it)\b`),
		"name the number: \"up to N\", \"the largest number that\""},
	{regexp.MustCompile(`\b[Ss]unk\b`), "\"discarded\""},
	{regexp.MustCompile(`\bmourn`), "\"report the loss of\""},
	{regexp.MustCompile(`\beased?\b`), "\"relaxed\""},
	{regexp.MustCompile(`\b[Pp]atience\b($|[^-])`), "\"timeout\" for a time, \"budget\" for a count"},
	{regexp.MustCompile(`\bhunt(s|ed|ing)?\b`), "\"search\""},
	{regexp.MustCompile(`(?:^|[.:;] )Who(ever)? (is|are|has|have|was|does|can|reads|writes|leads|lags|asks|wants|needs|sets)\b`),
		"name the subject: \"A lagging node refuses\""},
	{regexp.MustCompile(`(?:^|[.:;] )Of (an?|the|those|these|each|every|all|what) `),
		"begin with the subject: \"For a list it returns\", \"One of the two\""},
	{regexp.MustCompile(`(?:^|[.:;] )What (there is|is|has|was) [^?]*[.]`), "name the subject"},
	{regexp.MustCompile(`(?:^|[.:;] )Nor (a|the|is|does|do|has|can|may) `), "\"Also, ... not\""},
	{regexp.MustCompile(`, for (it|they|then|there|otherwise|nobody|no|who|whoever|what) `), "\"because\""},
	{regexp.MustCompile(`\b(let|may|shall|can|to|they) stand for\b|\bcomes? to (be|stand|hold|lead|lie)\b`),
		"\"is\", \"has\", \"means\""},
	{regexp.MustCompile(`\blets (it|them|him) (be|stand|go)\b`), "\"keeps\", \"leaves\", \"releases\""},
	{regexp.MustCompile(`\bthe like\b`), "name it, or \"similar\""},
	{regexp.MustCompile(`\bwherefore\b|\bthereof\b|\bwhereof\b|\btherein\b|\bhitherto\b`), "a plain word"},
}

// No line is too wide to read, and no sentence has to be read twice.
func TestProse(t *testing.T) {
	walk(t, func(path, text string) {
		var complaints []complaint
		if strings.HasSuffix(path, ".go") {
			if path == "internal/rules/prose_test.go" {
				return
			}
			complaints = proseOfGo(t, path, text)
		} else {
			complaints = proseOfMarkdown(text)
		}
		for _, c := range complaints {
			t.Errorf("%s:%d: %s", path, c.line, c.what)
		}
	})
}

type complaint struct {
	line int
	what string
}

// turnsIn returns the turns of a text that begins on the given line. A phrase can run over a line.
func turnsIn(text string, line int) []complaint {
	var found []complaint
	flat := strings.ReplaceAll(text, "\n", " ")
	for _, turn := range turns {
		for _, at := range turn.pattern.FindAllStringIndex(flat, -1) {
			found = append(found, complaint{
				line: line + strings.Count(text[:at[0]], "\n"),
				what: strconv.Quote(strings.TrimSpace(flat[at[0]:at[1]])) + " is hard to read; rather " + turn.plainer,
			})
		}
	}
	return found
}

// A row of a table in a comment: columns with a gap between them, or the second column alone.
var tableInComment = regexp.MustCompile(`^//\t(.*\S {3,}\S| {20,}|§)`)

// proseOfGo checks the widths of lines, the comments, and the strings that are sentences. Strings
// in tests are data, and a raw string of several lines has the width of what it quotes.
func proseOfGo(t *testing.T, path, text string) []complaint {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var found []complaint
	lines := strings.Split(text, "\n")
	quoted := map[int]bool{} // lines of a long raw string
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		from, to := fset.Position(lit.Pos()).Line, fset.Position(lit.End()).Line
		for l := from; l <= to && (from != to || lit.Value[0] == '`' && len(lit.Value) > 50); l++ {
			quoted[l] = true
		}
		value, err := strconv.Unquote(lit.Value)
		if err == nil && from == to && strings.Count(value, " ") >= 2 && !strings.HasSuffix(path, "_test.go") {
			found = append(found, turnsIn(value, from)...)
		}
		return true
	})
	comments := map[int]bool{} // lines that hold nothing but a comment
	for _, group := range file.Comments {
		var block []string
		from := 0
		flush := func() {
			found = append(found, turnsIn(strings.Join(block, "\n"), from)...)
			block = nil
		}
		for _, c := range group.List {
			at := fset.Position(c.Pos())
			comments[at.Line] = strings.TrimSpace(lines[at.Line-1][:at.Column-1]) == ""
			if !comments[at.Line] {
				flush() // a comment behind code is a text of its own
			}
			if block == nil {
				from = at.Line
			}
			block = append(block, strings.TrimSpace(strings.TrimPrefix(c.Text, "//")))
			if !comments[at.Line] {
				flush()
			}
		}
		flush()
	}
	for i, line := range lines {
		limit := codeWidth
		if comments[i+1] {
			limit = commentWidth
		}
		free := quoted[i+1] || strings.Contains(line, "://") || tableInComment.MatchString(line)
		if w := columns(line); w > limit && !free {
			found = append(found, complaint{i + 1, "the line has " + strconv.Itoa(w) + " columns; at most " +
				strconv.Itoa(limit)})
		}
	}
	return found
}

// proseOfMarkdown checks paragraphs and lists. A table, a link and what a command prints cannot be
// broken.
func proseOfMarkdown(text string) []complaint {
	var found []complaint
	var paragraph []string
	from := 0
	flush := func() {
		found = append(found, turnsIn(strings.Join(paragraph, "\n"), from)...)
		paragraph = nil
	}
	fenced, generated := false, strings.Contains(text, "\nGenerated from ") // an entry is a line
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r")
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			flush()
			continue
		}
		table := strings.HasPrefix(line, "|")
		if fenced || line == "" {
			flush()
			continue
		}
		command := strings.HasPrefix(line, "`") && strings.Count(line, "`") == 2 // which cannot be broken
		if w := columns(line); w > markdownWidth && !generated && !table && !command && !strings.Contains(line, "](") {
			found = append(found, complaint{i + 1,
				"the line has " + strconv.Itoa(w) + " columns; at most " + strconv.Itoa(markdownWidth)})
		}
		if table || len(paragraph) > 0 && strings.HasPrefix(strings.TrimSpace(line), "- ") {
			flush()
		}
		if paragraph == nil {
			from = i + 1
		}
		paragraph = append(paragraph, strings.TrimPrefix(strings.TrimSpace(line), "- "))
	}
	flush()
	slices.SortFunc(found, func(a, b complaint) int { return a.line - b.line })
	return found
}

func columns(line string) int { return utf8.RuneCountInString(line) + 3*strings.Count(line, "\t") }

// Every turn is caught in the places where prose is.
func TestTurnsAreFound(t *testing.T) {
	for _, hard := range []string{
		"an answer that is none", "all keys but for the last", "the first of those that wait",
		"a word that there is not",
		"a client is not unless it asked", "a history of so many events", "Who is behind refuses",
		"Of a list it says how long it is",
		"it waits, for nobody else would", "Whoever needs more adds it", "its patience is over", "It lets it be",
	} {
		if len(turnsIn(hard, 1)) == 0 {
			t.Errorf("%q is not found", hard)
		}
	}
	for _, plain := range []string{
		"returns nil if there is none", "there is not yet a leader", "the least of its values", "wait for it",
		"It asks whoever leads", "as many times as a client asks",
	} {
		if got := turnsIn(plain, 1); len(got) != 0 {
			t.Errorf("%q: %v", plain, got)
		}
	}
	code := "package p\n\n// F waits, for\n// nobody else does.\nfunc F() error {\n\treturn New(\"an answer that is " +
		"none\") // of so many\n}\n"
	var at []int
	for _, c := range proseOfGo(t, "p.go", code) {
		at = append(at, c.line)
	}
	if want := []int{6, 3, 6}; !slices.Equal(at, want) {
		t.Errorf("found on lines %v, want %v", at, want)
	}
	page := "# Title\n\nIt waits, for\nnobody else does.\n\n```\nof so many\n```\n| of so many |\n" +
		strings.Repeat("x ", 60) + "\n"
	at = nil
	for _, c := range proseOfMarkdown(page) {
		at = append(at, c.line)
	}
	if want := []int{3, 9, 10}; !slices.Equal(at, want) {
		t.Errorf("found on lines %v, want %v", at, want)
	}
}
