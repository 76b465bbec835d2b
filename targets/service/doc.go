// Package service makes a target of a service that somebody else has written, in whatever
// language: a YAML file says how its members are started and how a call is made of it, by HTTP or
// by a program that speaks JSON lines.
//
//	S1  What an answer means is what the file says. Where it says nothing, and where an answer
//	    cannot be understood, the outcome is unknown (info): taking for failed what took effect
//	    would accuse a correct service.
//	S2  A call is attempted again only if it certainly had no effect: the request never left, or
//	    the answer says so. Nothing is known to recognise a repeated one.
//	S3  What a program answers after its time is not taken for the answer to a later call: the
//	    program is ended.
//	S4  A file is refused when it is read, with the line, not when the run has begun.
package service
