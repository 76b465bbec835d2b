// Package checker judges histories: verdicts, their composition, and the small checkers.
package checker
