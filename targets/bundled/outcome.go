package bundled

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

// outcome is what an answer means for a history, and whether to ask again (cluster.Answer).
type outcome struct {
	kind  history.Kind
	again bool
}

// Every way in which an attempt can end. Asking again after an unknown outcome is safe because
// requests carry sessions, if the protocol heeds them (see [Target.repeatable]); that a read had no
// effect is no reason to call it fail, for info costs a read nothing.
var (
	succeeded = outcome{history.Ok, false}
	// refused: a token that is not the holder's
	impossible = outcome{history.Fail, false}
	malformed  = outcome{history.Fail, false} // not understood, and it would not be by another node
	elsewhere  = outcome{history.Fail, true}  // certainly not carried out here: not the leader, deposed, shutting down
	unsent     = outcome{history.Fail, true}  // no byte of the request left: connection refused, no route
	// carried out or not, now or later: time-out, lost leadership in mid-commit
	unknown    = outcome{history.Info, true}
	lost       = outcome{history.Info, true}  // the connection broke after some of the request had left
	unreadable = outcome{history.Info, true}  // an answer outside the API
	superseded = outcome{history.Info, false} // the session has gone past it, and what became of it is forgotten
)

// replied is the outcome of what a core replies; a Done has a result too.
var replied = map[protocol.Outcome]outcome{
	protocol.Rejected: elsewhere,
	protocol.Unknown:  unknown,
}

// concluded is the outcome of a command's result.
func concluded(r kv.Result) outcome {
	switch {
	case r.OK:
		return succeeded
	case r.Superseded:
		return superseded
	default:
		return impossible
	}
}

// status is the outcome that an HTTP answer tells by its status and whether it is definite.
type status struct {
	code     int
	definite bool
}

var answered = map[status]outcome{
	{http.StatusOK, true}:                 succeeded,
	{http.StatusBadRequest, true}:         malformed,
	{http.StatusConflict, true}:           impossible,
	{http.StatusConflict, false}:          superseded,
	{http.StatusMisdirectedRequest, true}: elsewhere,
	{http.StatusServiceUnavailable, true}: elsewhere,
	{http.StatusGatewayTimeout, false}:    unknown,
}

// broken is the outcome of a request that got no answer; left says that some of it was sent.
func broken(err error, left bool) outcome {
	switch {
	case !left:
		return unsent
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unknown
	default:
		return lost
	}
}

// observed makes an observation of the refusal of a transfer that the balance does not cover: it
// was carried out, and says something about the balance. Every other refusal stays fail.
func observed(op history.Op, a cluster.Answer) cluster.Answer {
	if op.F != "transfer" || a.Op.Kind != history.Fail || a.Again || a.Op.Err != kv.NotCovered {
		return a
	}
	a.Op.Kind, a.Op.Err = history.Ok, ""
	a.Op.Value = append(append(json.RawMessage{'['}, op.Value...), ",false]"...)
	return a
}

// answer makes the completion of op: with value, if it returned one, or with why it did not.
func (o outcome) answer(op history.Op, value []byte, why string) cluster.Answer {
	op.Kind, op.Err = o.kind, ""
	switch {
	case o.kind != history.Ok:
		op.Err = why
	case len(value) > 0:
		op.Value = json.RawMessage(value)
	}
	return cluster.Answer{Op: op, Again: o.again}
}
