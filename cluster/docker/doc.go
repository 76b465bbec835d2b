// Package docker runs a cluster in containers, with faults set by the engine and by the kernel. It
// builds its image itself and pulls nothing for a bundled target.
//
//	D1  A node's network namespace belongs to a side container beside it. So the node's address,
//	    its published port and what is cut all survive the node's death: there is no moment in
//	    which a restarted node is whole again.
//	D2  NET_ADMIN is held by side containers alone. They run package netfault and end with the
//	    harness, whose connection they read from.
//	D3  Everything started carries the labels splitvote=1 and splitvote.run=<run>; Clean and Reap
//	    need nothing else to find it. Other labels name the harness, whose run Clean leaves alone
//	    while it lives.
//	D4  Clients speak to a node's own address where this machine has the gateway of its network,
//	    so that a dead node refuses them; elsewhere they come in over ports published on
//	    127.0.0.1, whose proxy accepts for the dead. Either way they come from the gateway, which
//	    no cut ever names.
//	D5  A proof is what the engine or a kernel says after the deed, never what was asked of it.
//	D6  One direction is cut at its receiver. Where members talk in frames, each direction has a
//	    connection of its own, and the other still flows; between others (cluster.Launch.Stream)
//	    TCP stalls both ways in the end.
//
// A cluster that was found running (Attach) is not ours: it is handed back whole, and its nodes
// keep their own namespaces. There the side container joins the node's, and D1 does not hold: a
// node that is started inside a partition hears everybody until its cut is set again; the proof of
// the start says for how long. A cut takes whole packets there, as between members that talk in
// streams (D6): it is not known to which port their peers speak.
//
// There is no power over delay and loss: netem is absent from many engines' kernels, and dropping
// packets is not losing messages, which TCP sends again.
package docker
