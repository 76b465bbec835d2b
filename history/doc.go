// Package history is what happened: the operations of a run, paired into calls, written and read back.
package history
