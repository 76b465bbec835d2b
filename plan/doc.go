// Package plan is one experiment as data: which target, on which backend, under which workload and faults, for how long,
// from which seed. A plan is printed with every default written out, stored with its run, and enough to repeat it.
//
//	L1  Parse(p.String()) is p.
//	L2  A plan that Validate accepts names nothing that does not exist.
package plan
