// Package plan describes one experiment as data: which target, on which backend, under which
// workload and faults, for how long, from which seed. A plan is printed with every default written
// out and is stored with its run, which it is sufficient to repeat.
//
//	L1  Parse(p.String()) is p, if Validate accepts p.
//	L2  A plan that Validate accepts names nothing that does not exist.
//	L3  A plan drawn from a space of valid values is valid.
//	L4  Draw depends on its arguments alone, and each part of the plan on its own values alone,
//	    with the exceptions that Space names: another fault or setting changes nothing else in the
//	    plan of a seed.
//	L5  Seeds with the same lowest 32 bits draw the same plan, except for the seed in it.
package plan
