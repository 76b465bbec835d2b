// Package experiment carries out a plan: it resolves it once (the target and what it can suffer,
// the defaults, the backend, refusals with their hints), drives the cluster, judges what the
// clients saw, and keeps the run in a directory. Its errors are those of internal/failure: they
// have an exit status and hints.
package experiment
