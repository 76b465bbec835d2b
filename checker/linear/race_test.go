//go:build race

package linear_test

// slow says that the race detector makes every test several times slower.
const slow = true
