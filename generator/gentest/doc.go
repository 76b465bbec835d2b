// Package gentest runs generators in a simulated world in which a function gives the duration of
// each
// call. Tests of generators use it: a schedule is a list of operations.
package gentest
