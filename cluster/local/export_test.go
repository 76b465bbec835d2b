package local

import "syscall"

// Outside says who a cluster thinks has ended a member with a status.
func Outside(c *Cluster, s syscall.WaitStatus) string { return c.outside(s) }
