// Package wal keeps a node's write-ahead log on disk.
//
// A log is a directory with one segment, 000001.wal and so on: a line that names the format, then a frame (package
// frame) for each record, oldest first. Records are appended, except that a checkpoint begins the next segment, which
// takes the place of the one before. A snapshot is thus on disk as the checkpoint that holds it.
//
//	W1  After Sync, every record appended before it survives a crash of the host; without, a prefix of them does.
//	W2  A segment appears whole, with its first record, or not at all: it is written under another name, synced, renamed,
//	    and the directory synced. Only then is the one before removed.
//	W3  A torn tail, which is a damaged end with nothing readable behind it, was never synced: Open cuts it off and says
//	    so. Damage with a readable record behind it is corruption: Open refuses.
//	W4  After a failed write or sync nothing more is written: what the disk then holds is unknown (Rebello et al., Can
//	    Applications Recover from fsync Failures?, 2020).
//
// What W3 cannot tell is a torn write from a synced last record that rotted on the disk: both are cut off.
package wal
