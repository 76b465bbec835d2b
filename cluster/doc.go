// Package cluster says what a running cluster offers, what a target is, and how a client goes
// about a call.
package cluster
