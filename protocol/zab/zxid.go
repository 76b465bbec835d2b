package zab

import "strconv"

// Zxid identifies a transaction (§3.1): the epoch in the upper half, the place within the epoch,
// from
// 1, in the lower. As numbers, zxids are ordered by epoch, then by place. Zero is before the first
// transaction.
type Zxid uint64

// counterBits is the number of bits for the place within an epoch.
const counterBits = 32

func makeZxid(epoch, counter uint64) Zxid { return Zxid(epoch<<counterBits | counter) }

// Epoch is the epoch in which the transaction was proposed.
func (z Zxid) Epoch() uint64 { return uint64(z >> counterBits) }

// Counter is the transaction's place within its epoch, from 1.
func (z Zxid) Counter() uint64 { return uint64(z) & (1<<counterBits - 1) }

// String returns epoch:counter, as in transcripts.
func (z Zxid) String() string { return string(z.append(nil)) }

func (z Zxid) append(b []byte) []byte {
	b = append(strconv.AppendUint(b, z.Epoch(), 10), ':')
	return strconv.AppendUint(b, z.Counter(), 10)
}
