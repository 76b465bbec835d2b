// Package nemesis does harm: faults, their schedules and their ends, by the powers that a cluster has.
package nemesis
