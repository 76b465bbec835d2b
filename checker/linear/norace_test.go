//go:build !race

package linear_test

const slow = false
