package store

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// RequireHost serves only requests whose Host is localhost, an IP address, or one of names; any
// other gets status 421.
//
// This prevents DNS rebinding. If the name evil.example is made to resolve to this machine, the
// browser treats a page from evil.example as of the same origin as this server, and the page could
// read every run. The browser still sends Host: evil.example. A Host that is an IP address was not
// resolved, so a page under it cannot come from elsewhere, and localhost always resolves to this
// machine. The port is not compared: a forwarded port differs and says nothing about the name.
func RequireHost(names []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ownHost(r.Host, names) {
			w.Header().Set("X-Content-Type-Options", "nosniff")
			http.Error(w, "this server has another name: splitvote serve --host NAME adds one",
				http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func ownHost(host string, names []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	host = strings.TrimSuffix(host, ".")
	is := func(name string) bool { return name != "" && strings.EqualFold(strings.TrimSuffix(name, "."), host) }
	return is("localhost") || slices.ContainsFunc(names, is)
}
