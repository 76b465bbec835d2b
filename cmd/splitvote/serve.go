package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/store"
)

func serveCommand() *cobra.Command {
	var addr string
	var hosts []string
	cmd := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "browse the runs of a directory (default runs) at http://127.0.0.1:8080",
		Args:  atMost(1, "one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "runs"
			if len(args) == 1 {
				dir = args[0]
			}
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				return usage(fmt.Errorf("%s: no such directory of runs", dir), "splitvote run makes one")
			}
			listener, err := net.Listen("tcp", addr)
			if err != nil {
				return failed(fmt.Errorf("serve: %w", err), "take another port with --addr")
			}
			fmt.Fprintf(cmd.OutOrStdout(), "http://%s\n", listener.Addr())
			return serve(cmd.Context(), listener, ownHosts(addr, hosts, store.Serve(dir)))
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "address to listen on")
	cmd.Flags().StringSliceVar(&hosts, "host", nil,
		"names under which it answers, besides localhost, addresses and that of --addr")
	return cmd
}

// ownHosts answers for the name of addr and the hosts given.
func ownHosts(addr string, hosts []string, handler http.Handler) http.Handler {
	name, _, _ := net.SplitHostPort(addr)
	return store.RequireHost(append(hosts, name), handler)
}

// serve serves until ctx ends, and then what is under way to its end.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return failed(err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return failed(err)
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return failed(err)
	}
	return nil
}
