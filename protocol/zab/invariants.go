package zab

import "github.com/splitvote/splitvote/protocol"

func NewInvariants() protocol.Invariants { return nil }
