// Package cluster defines what a running cluster offers, what a target is, and how a client
// carries out a call.
package cluster
