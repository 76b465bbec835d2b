package sim

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/splitvote/splitvote/cluster"
)

// journal is what a node would have logged: nodes/<node>.log in the run's directory, one line per
// change.
type journal struct {
	file *os.File
	to   *bufio.Writer
}

// openJournals makes a journal for every node.
func (c *Cluster) openJournals() error {
	dir := filepath.Join(c.cfg.Dir, "nodes")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i := range c.nodes {
		n := &c.nodes[i]
		f, err := os.Create(filepath.Join(dir, string(n.id)+".log"))
		if err != nil {
			return errors.Join(err, c.closeJournals())
		}
		n.journal = journal{f, bufio.NewWriter(f)}
	}
	return nil
}

// closeJournals flushes the journals. It returns a journal's first failed write, which bufio
// keeps.
func (c *Cluster) closeJournals() error {
	var errs []error
	for i := range c.nodes {
		if j := &c.nodes[i].journal; j.file != nil {
			errs = append(errs, j.to.Flush(), j.file.Close())
			*j = journal{}
		}
	}
	return errors.Join(errs...)
}

// log writes a line of n's journal, if it has one.
func (c *Cluster) log(n *node, format string, args ...any) {
	if n.journal.to != nil {
		fmt.Fprintf(n.journal.to, "%12.6f "+format+"\n", append([]any{c.now.Seconds()}, args...)...)
	}
}

func (c *Cluster) logStatus(n *node, s cluster.Status) {
	if s.Up {
		c.log(n, "%s, term %d, leader %s", s.Role, s.Term, s.Leader)
	}
}
