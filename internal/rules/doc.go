// Package rules holds the repository's own rules as tests: who may import whom, what every package
// must say of itself, and what may not be left behind. A failing rule says what to do about it.
package rules
