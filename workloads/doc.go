// Package workloads holds one file per workload: what its clients call, in which mixture, and what
// they call at the end. [All] is the table.
//
//	W1  A generator is endless. Its user adds rate and time limit, and restricts it to the
//	    clients' processes.
//	W2  Values are unique within a key unless Options.Values says otherwise. Unique values make
//	    long histories cheap to judge.
//	W3  After a number of calls a key is abandoned for a new one, so no object's history grows
//	    without bound, and a call with unknown outcome burdens only its own key.
//	W4  The final calls read, or flush out, everything that was acknowledged, so every loss shows.
package workloads
