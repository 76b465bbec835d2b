package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/splitvote/splitvote/protocol"
)

// disk is a node's write-ahead log. Positions count records from the log's beginning and never
// fall within one life.
type disk struct {
	stream
	delay   Delay
	records []protocol.Record // from position start on
	start   uint64
	durable uint64 // records before this position survive a crash
	wanted  uint64 // records before this position have been asked to be made durable
	target  uint64 // what the current sync will have made durable
	syncing bool
	syncs   uint64 // finished

	slower      time.Duration // extra duration of a sync
	syncsBefore uint64        // syncs at the start of that fault
	rotten      uint64        // number of a damaged record, from 1; 0 for none
}

// end is the position behind the last record.
func (d *disk) end() uint64 { return d.start + uint64(len(d.records)) }

func (d *disk) write(records []protocol.Record) { d.records = append(d.records, records...) }

// settle makes everything before position durable and drops what the latest durable checkpoint
// replaces.
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

// crash keeps the durable records and a random prefix of the others (S3). It returns how many were
// lost.
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

// wipe leaves an empty disk.
func (d *disk) wipe() {
	d.records, d.start, d.durable, d.wanted, d.rotten = nil, 0, 0, 0, 0
}

// recover returns what a restarted core is given. Checksums reveal damage, which is never passed
// on.
func (d *disk) recover() ([]protocol.Record, error) {
	if d.rotten > 0 {
		return nil, fmt.Errorf("record %d of the log is damaged", d.rotten)
	}
	return slices.Clone(d.records), nil
}
