// Package gentest interprets generators in a world of its own, where a call takes as long as a function says. It is how
// generators are tested: a schedule is a list of operations.
package gentest
