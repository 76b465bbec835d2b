// Package edn reads Clojure's extensible data notation, as Jepsen writes it, one form at a time,
// and writes strings and keywords of it. (https://github.com/edn-format/edn)
//
//	E1  What is read is bounded: a form nests at most maxDepth levels and has at most maxForm
//	    bytes.
//	E2  Unknown tags are kept, not refused.
package edn
