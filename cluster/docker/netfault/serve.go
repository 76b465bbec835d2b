package netfault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// table is where the cut is kept: the kernel.
type table interface {
	rules() ([]Rule, error)
	replace(cut []Link) error // an empty cut leaves no trace
}

// Serve answers requests until they end or ctx is done, then heals. A request that fails is
// answered with the error; only a broken stream, or a kernel that cannot cut at all, is an error of
// Serve.
func Serve(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	t, err := open()
	if err == nil {
		err = t.replace(nil)
	}
	if err != nil {
		return fmt.Errorf("netfault: %w", err)
	}
	defer func() { err = errors.Join(err, t.replace(nil)) }()

	answers := json.NewEncoder(out)
	if err := answers.Encode(Answer{}); err != nil {
		return err
	}
	requests, broken := read(ctx, in)
	for {
		select {
		case r := <-requests:
			if err := answers.Encode(carryOut(t, r)); err != nil {
				return err
			}
		case err := <-broken:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("netfault: read request: %w", err)
		case <-ctx.Done():
			return nil
		}
	}
}

// read hands out requests in a goroutine of its own, which ends with the stream: a read cannot be
// interrupted.
func read(ctx context.Context, in io.Reader) (<-chan Request, <-chan error) {
	requests, broken := make(chan Request), make(chan error, 1)
	go func() {
		d := json.NewDecoder(in)
		for {
			var r Request
			if err := d.Decode(&r); err != nil {
				broken <- err
				return
			}
			select {
			case requests <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return requests, broken
}

func carryOut(t table, r Request) Answer {
	a := Answer{ID: r.ID}
	err := func() (err error) {
		if a.Had, err = t.rules(); err != nil {
			return err
		}
		if !r.Look {
			if err = t.replace(r.Cut); err != nil {
				return err
			}
		}
		a.Has, err = t.rules()
		return err
	}()
	if err != nil {
		a.Err = err.Error()
	}
	return a
}
