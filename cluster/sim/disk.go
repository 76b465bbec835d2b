package sim

import (
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// disk is a node's write-ahead log. Positions count records from the log's beginning and never fall in one life.
type disk struct {
	stream
	delay   Delay
	records []protocol.Record // from position start on
	start   uint64
	durable uint64 // records before this position survive a crash
	wanted  uint64 // records before this position have been asked to be made durable
	target  uint64 // what the sync under way will have made durable
	syncing bool
}

// end is the position behind the last record.
func (d *disk) end() uint64 { return d.start + uint64(len(d.records)) }

func (d *disk) write(records []protocol.Record) { d.records = append(d.records, records...) }

// settle makes everything before position durable and drops what the latest durable checkpoint replaces.
func (d *disk) settle(position uint64) {
	from := d.durable
	d.durable = max(d.durable, position)
	for p := d.durable; p > from; p-- {
		if d.records[p-1-d.start].Checkpoint {
			d.forget(p - 1)
			return
		}
	}
}

// forget drops the records before position.
func (d *disk) forget(position uint64) {
	n := copy(d.records, d.records[position-d.start:])
	clear(d.records[n:])
	d.records = d.records[:n]
	d.start = position
}

// crash keeps the durable records and of the others a random prefix (S3). It says how many were lost.
func (d *disk) crash() (lost uint64) {
	unsynced := d.end() - d.durable
	kept := d.below(unsynced + 1)
	lost = unsynced - kept
	clear(d.records[uint64(len(d.records))-lost:])
	d.records = d.records[:uint64(len(d.records))-lost]
	d.syncing = false
	d.settle(d.end())
	d.wanted = d.durable
	return lost
}

// survivors are what a restarted core is given.
func (d *disk) survivors() []protocol.Record { return slices.Clone(d.records) }
