package once_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/targets/once"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dies starts a server that answers the first request on each connection. It reads the second, as
// far as asked, and closes the connection; then it also listens no longer, if it is to.
func dies(t *testing.T, readAll, listens bool) (url string, requests *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	requests = new(atomic.Int32)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(c)
			for n := 1; ; n++ {
				r, err := http.ReadRequest(in)
				if err != nil {
					break
				}
				requests.Add(1)
				if n == 2 && !listens {
					l.Close()
				}
				if readAll || n == 1 {
					io.Copy(io.Discard, r.Body)
				}
				if n == 2 {
					break
				}
				fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			}
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return "http://" + l.Addr().String(), requests
}

// O1, O2: net/http would send the second of these requests again, on another connection.
func TestARequestIsSentOnce(t *testing.T) {
	for _, method := range []string{"GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} {
		for _, header := range []string{"", "Idempotency-Key", "X-Idempotency-Key"} {
			for _, body := range []string{"", "x", strings.Repeat("x", 1<<20)} {
				for _, readAll := range []bool{true, false} {
					for _, listens := range []bool{true, false} {
						name := fmt.Sprintf("%s, header %q, %d bytes, read %v, listens %v", method, header, len(body),
							readAll, listens)
						t.Run(name, func(t *testing.T) {
							url, requests := dies(t, readAll, listens)
							c := once.New()
							defer c.Close()
							request := func() *http.Request {
								r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
								if err != nil {
									t.Fatal(err)
								}
								if header != "" {
									r.Header.Set(header, "1")
								}
								return r
							}
							if a, left, err := c.Do(request()); err != nil || !left || string(a.Body) != "ok" ||
								!a.Ends {
								t.Fatalf("the first: %+v, left %v, %v", a, left, err)
							}
							if _, left, err := c.Do(request()); err == nil || !left ||
								strings.Contains(err.Error(), "another connection") {
								t.Errorf("the second: left %v, %v", left, err)
							}
							if n := requests.Load(); n != 2 {
								t.Errorf("%d requests arrived, want 2", n)
							}
						})
					}
				}
			}
		}
	}
}

// O2: what never had a connection has not left, even if an earlier request did.
func TestWhatHasNotLeft(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	c := once.New()
	defer c.Close()
	request, err := http.NewRequestWithContext(t.Context(), "PUT", s.URL, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Do(request); err != nil {
		t.Fatal(err)
	}
	c.Close()
	s.Close()
	request.Body = io.NopCloser(strings.NewReader("x"))
	if _, left, err := c.Do(request); err == nil || left || !strings.HasPrefix(err.Error(), "dial tcp ") {
		t.Errorf("nobody listens: left %v, %v", left, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request.Body = io.NopCloser(strings.NewReader("x"))
	if _, left, err := c.Do(request.WithContext(ctx)); !errors.Is(err, context.Canceled) || left {
		t.Errorf("no time: left %v, %v", left, err)
	}
}

// O3.
func TestRedirectionsAreAnswers(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		var paths []string
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			paths = append(paths, r.URL.Path)
			http.Redirect(w, r, "/elsewhere", status)
		}))
		c := once.New()
		request, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/here", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		if a, _, err := c.Do(request); err != nil || a.Status != status || len(paths) != 1 {
			t.Errorf("status %d: answer %d, %v, asked %v", status, a.Status, err, paths)
		}
		c.Close()
		s.Close()
	}
}

// A body whose end is that of the connection may have been cut off.
func TestWhereABodyEnds(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		ends   bool
		err    string
	}{
		"by a length":                  {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n12", true, ""},
		"by a length that is not kept": {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n12", false, "unexpected EOF"},
		"in chunks": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n12\r\n0\r\n\r\n",
			true, ""},
		"in chunks without the last": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n12\r\n", false,
			"unexpected EOF"},
		"with the connection": {"HTTP/1.0 200 OK\r\n\r\n12", false, ""},
		"there is none":       {"HTTP/1.1 204 No Content\r\n\r\n", true, ""},
		"it is too long": {"HTTP/1.0 200 OK\r\n\r\n" + strings.Repeat("x", once.Most+1), false,
			"status 200, and the answer is longer than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
					io.WriteString(c, test.answer)
					c.Close()
				}
			}))
			defer s.Close()
			c := once.New()
			defer c.Close()
			request, err := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			a, left, err := c.Do(request)
			if got := fmt.Sprint(err); test.err == "" && err != nil || test.err != "" && got != test.err ||
				a.Ends != test.ends || !left {
				t.Errorf("ends %v, left %v, error %v; want %v and %q", a.Ends, left, err, test.ends, test.err)
			}
		})
	}
}
