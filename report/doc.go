// Package report renders what a run found. It turns one [Run] into terminal text, JSON, JUnit XML,
// Markdown and an HTML page.
//
//	R1  A report is a function of its Run: the same Run gives the same bytes.
//	R2  A report never changes a verdict and never fails because of its input: what cannot be
//	    shown becomes a note.
//	R3  report.html is one file that fetches nothing.
//	R4  A report's size is bounded, however long the history: text by a screenful, report.html by
//	    1 MB.
//	R5  An invalid run shows five things: the smallest operations, a sentence for each, the
//	    picture, the faults that were active, and the commands to repeat and to shrink it.
//	R6  Nothing in a history can become markup, script or a terminal's control sequence.
package report
