// Package service turns a service in any language into a target: a YAML file describes how its
// members are started and how calls are made, by HTTP or by a program that speaks JSON lines.
//
//	S1  The file defines what an answer means. If it does not, or if an answer cannot be
//	    understood, the outcome is unknown (info): to record a failure although the call took
//	    effect would accuse a correct service.
//	S2  A call is attempted again only if it certainly had no effect: the request never left, or
//	    the answer says so. Services are not assumed to recognise a repeated call.
//	S3  A program's late answer is not taken for the answer to a later call: the program is ended.
//	S4  An invalid file is rejected when it is read, with the line, not after the run has begun.
package service
