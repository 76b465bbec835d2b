// Package workloads holds one file a workload: its calls, its generators, its checker.
package workloads
