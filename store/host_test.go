package store_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/splitvote/splitvote/store"
)

// A page whose name was made to resolve to this machine (DNS rebinding) is refused.
func TestRequireHost(t *testing.T) {
	served := 0
	handler := store.RequireHost([]string{"runs.example.org", ""},
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			served++
		}))
	for host, want := range map[string]int{
		"localhost:8080":         http.StatusOK,
		"LocalHost.":             http.StatusOK,
		"127.0.0.1:8080":         http.StatusOK,
		"[::1]:8080":             http.StatusOK,
		"[::1]":                  http.StatusOK,
		"[fe80::1%25eth0]:8080":  http.StatusOK,
		"192.0.2.7":              http.StatusOK,
		"runs.example.org":       http.StatusOK,
		"Runs.Example.ORG.:9000": http.StatusOK,

		"evil.example":             http.StatusMisdirectedRequest,
		"evil.example:8080":        http.StatusMisdirectedRequest,
		"localhost.evil.example":   http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example":   http.StatusMisdirectedRequest,
		"a.runs.example.org":       http.StatusMisdirectedRequest,
		"runs.example.org.evil:80": http.StatusMisdirectedRequest,
		"":                         http.StatusMisdirectedRequest,
		".":                        http.StatusMisdirectedRequest,
		":8080":                    http.StatusMisdirectedRequest,
	} {
		served = 0
		request := httptest.NewRequest("GET", "/", nil)
		request.Host = host
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != want || served == 1 != (want == http.StatusOK) {
			t.Errorf("Host %q: status %d and served %d times, want status %d", host, answer.Code, served, want)
		}
	}
}
