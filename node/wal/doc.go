// Package wal keeps a node's write-ahead log on disk.
//
// A log is a directory with one segment, named 000001.wal and so on. A segment is a line that
// names the format, then a frame (package frame) for each record, oldest first. Records are
// appended. A checkpoint starts the next segment, which replaces the one before. A snapshot is
// thus on disk as the checkpoint that holds it.
//
//	W1  After Sync, every record appended before it survives a crash of the host; without Sync, a
//	    prefix of them does.
//	W2  A segment appears whole, with its first record, or not at all: it is written under another
//	    name, synced, renamed, and the directory synced. Only then is the previous segment
//	    removed.
//	W3  A torn tail, which is a damaged end with nothing readable behind it, was never synced:
//	    Open cuts it off and says so. Damage with a readable record behind it is corruption: Open
//	    refuses.
//	W4  After a failed write or sync nothing more is written, because the contents of the disk are
//	    unknown (Rebello et al., Can Applications Recover from fsync Failures?, 2020).
//
// W3 cannot tell a torn write from a synced last record that was damaged later: both are cut off.
package wal
