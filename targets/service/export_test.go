package service

import "github.com/splitvote/splitvote/cluster"

// AwaitUnasked waits until a client's program has written a line that nobody asked for, or has
// ended.
func AwaitUnasked(c cluster.Client) {
	lines := c.(*program).running.lines
	if line, more := <-lines; more {
		lines <- line
	}
}
