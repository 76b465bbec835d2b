// Package workloads holds one file a workload: what its clients call, in which mixture, and what is asked at the end.
// [All] is the table.
//
//	W1  A generator is endless; who runs it adds rate and time limit, and restricts it to the clients' processes.
//	W2  Values are unique within a key unless Options.Values says otherwise. Unique values are what makes long histories
//	    cheap to judge.
//	W3  A key is given up after so many calls, and another begun, so that no object's history grows without bound and a
//	    call whose outcome is unknown burdens only its own key.
//	W4  The final calls see, or flush out, everything that was acknowledged: what was lost has nowhere to hide.
package workloads
