// Package store keeps runs in directories: runs/<name>/<time>/ with a link runs/latest.
//
//	S1  Recorded events stay: history.jsonl and status.jsonl are appended to during the run and
//	    never rewritten.
//	S2  Every other file is whole or absent: it is written to a temporary file and renamed.
//	    results.json comes first; a run without it is incomplete.
//	S3  Two runs never share a directory, even if they begin in the same millisecond.
//	S4  Nothing outside the store's root is ever written to, listed or served.
package store
