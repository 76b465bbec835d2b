// Package bundled makes the protocols that come with splitvote systems under test: in the simulator
// as a core over the store of package kv, elsewhere as `splitvote node`, asked over HTTP.
//
// Requests carry a session, so that a node recognises a repeated one: after an unknown outcome it
// does no harm to ask again. A protocol that cannot recognise it says so
// (protocol.Protocol.Unrepeatable), and is not asked again.
package bundled
