// Package once sends an HTTP request at most once, and knows whether any of it has left.
//
// A call that failed certainly had no effect. A client may say so of a request only if no byte of
// it was sent. net/http hides this: on a connection that was used before it sends some requests
// again (GET, and whatever has an Idempotency-Key), and the error or the refusal that it returns is
// that of the last try.
//
//	O1  All bytes of a request leave by one connection. Another connection refuses to send any.
//	O2  Left is false only if no connection accepted a byte of the request.
//	O3  No redirection is followed, no proxy is asked, and no answer is longer than Most.
package once

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
)

// Most bounds the body of an answer, in bytes.
const Most = 16 << 20

// Client sends requests one after the other, over a connection that it keeps.
type Client struct {
	http http.Client

	mu    sync.Mutex
	by    *conn // by which the request under way has left; nil if no byte of it has
	broke error // why that connection ended
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Ends says that the answer told where its body ends. Where it did not, a body that was cut off
	// looks complete.
	Ends bool
}

// New makes a client that connects when it first has something to send.
func New() *Client {
	c := &Client{}
	var dialer net.Dialer
	c.http = http.Client{
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 1,
			DisableCompression:  true,
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				to, err := dialer.DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				return &conn{to, c}, nil
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Do sends a request and reads the answer. If there is an error, left says whether any byte of the
// request was sent.
func (c *Client) Do(request *http.Request) (a Answer, left bool, err error) {
	c.mu.Lock()
	c.by, c.broke = nil, nil
	c.mu.Unlock()
	response, err := c.http.Do(request)
	if err != nil {
		return a, c.left(), c.cause(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, Most+1))
	if err == nil && len(body) > Most {
		err = fmt.Errorf("status %d, and the answer is longer than %d MiB", response.StatusCode, Most>>20)
	}
	if err != nil {
		return a, true, err
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body,
		Ends: response.ContentLength >= 0 || len(response.TransferEncoding) > 0}, true, nil
}

// Ask sends one request over a connection of its own. An answer whose status is not 200 is an
// error, too.
func Ask(request *http.Request) (Answer, error) {
	c := New()
	defer c.Close()
	a, _, err := c.Do(request)
	if err == nil && a.Status != http.StatusOK {
		err = fmt.Errorf("%s answers %d %s", request.URL, a.Status, http.StatusText(a.Status))
	}
	return a, err
}

// Close disconnects the client.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func (c *Client) left() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by != nil
}

// errRepeated is why a connection refuses a request.
var errRepeated = errors.New("the request has left by another connection")

// cause is err without the method and the address, which a history has already. A request that was
// not repeated failed for what happened to its own connection.
func (c *Client) cause(err error) error {
	if u := new(url.Error); errors.As(err, &u) {
		err = u.Err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broke != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return c.broke
	}
	return err
}

// conn is a connection of a client.
type conn struct {
	net.Conn
	client *Client
}

// Write sends a part of a request, unless another connection sent an earlier part (O1).
func (c *conn) Write(b []byte) (int, error) {
	of := c.client
	of.mu.Lock()
	defer of.mu.Unlock()
	if of.by != nil && of.by != c {
		return 0, errRepeated
	}
	n, err := c.Conn.Write(b)
	if n > 0 {
		of.by = c
	}
	return n, err
}

// Read notes why the connection of the request under way ended.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.client.mu.Lock()
		if c.client.by == c && c.client.broke == nil {
			c.client.broke = err
		}
		c.client.mu.Unlock()
	}
	return n, err
}
