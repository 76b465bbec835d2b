// Package inprocess runs the members of a cluster in this process: functions start a member and
// dial one, and the network and the directories between them are ours. No port is opened and no
// process started, and a cluster inside a testing/synctest bubble takes virtual time.
//
//	I1  What members say to each other over Member.Listener and Member.Dial suffers faults.
//	    What they share by other means (a variable, a channel, a real socket) suffers none.
//	I2  A kill ends a member's network first, at one moment. Then its directory is copied as
//	    it is, and only then does its context end and is Close called, so that it cannot do
//	    anything on its way out that a killed process would not have done. The next
//	    incarnation gets the copy: nothing that the old one still writes is seen by anybody.
//	I3  A pause stands a member's network still, clients included. Its goroutines go on:
//	    they may notice that time passes.
//	I4  A call that was under way at a member when it was killed has an unknown outcome,
//	    whatever the member answers.
//	I5  Nothing outlives Close unnoticed: a function that has not returned, and a goroutine
//	    that a member or a client has started and not ended, are errors by name.
//
// Writes that no sync has made durable survive a kill, as they survive the kill of a process. The
// loss of power is not offered: a directory of the operating system cannot forget them.
package inprocess
