// Package paxos is Paxos as a pure core: Lamport, "Paxos Made Simple" (2001; cited by section), made a store as Rystsov has it,
// "CASPaxos: Replicated State Machines without logs" (2018; cited as CASPaxos).
package paxos
