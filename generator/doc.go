// Package generator makes operations: pure sources and the combinators on them.
package generator
