// Package bundledtest is the suite that the bundled protocols share: their transcripts, and storms
// that correct builds endure and planted bugs do not. It stands beside targets/bundled and not
// below protocol, for a storm needs all that a run needs.
//
//	B1  Every transcript of a protocol comes out as it is written.
//	B2  No storm convicts a correct build, and most find it valid: a suite of storms that say
//	    nothing shows nothing.
//	B3  Two runs of one storm are the same, operation by operation (protocol.P1).
//	B4  Every planted bug says what it does, how it shows and whence it comes, and a transcript or
//	    a storm shows it.
//	B5  What a codec writes, it reads: the same value of the same type.
//
// Two flags are for all of them: -rewrite writes what happens now into the transcripts, and
// -storms makes storms more.
package bundledtest
