package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/judge"
)

func convertCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use: "convert IN OUT",
		Short: "rewrite a history as JSON lines, Jepsen's EDN or the binary form, by OUT's ending; - is standard " +
			"input or output",
		Args: exactly(2, "a history to read and a file to write"),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, err := writerFor(args[1], to)
			if err != nil {
				return err
			}
			h, err := judge.Read(cmd.Context(), args[0], from, cmd.InOrStdin())
			if errors.Is(err, failure.ErrStopped) {
				return failed(fmt.Errorf("%w: nothing is converted", err))
			}
			if err != nil {
				return err
			}
			if h.Unordered {
				return usage(fmt.Errorf("%s: has completions only, and is not converted: no format records that",
					args[0]))
			}
			if h.Cut != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s is cut off (%s): converted as far as it goes\n", args[0], h.Cut)
			}
			for _, note := range h.Notes {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", args[0], note)
			}
			if err := writeFile(args[1], cmd.OutOrStdout(), func(w io.Writer) error {
				return write(w, history.SplitTuples(h))
			}); err != nil {
				return failed(err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "format", "auto", "format of IN: "+strings.Join(judge.Formats(), ", "))
	cmd.Flags().StringVar(&to, "to", "", "format of OUT: jsonl, edn, binary (default: by its ending, .jsonl, .edn "+
		"or .svh; .gz or .zst behind it compresses)")
	return cmd
}

// writerFor is how to write to a file of that name: compressed if it ends so, and in the format
// that is asked for, or that the rest of its name ends in.
func writerFor(name, format string) (func(io.Writer, *history.History) error, error) {
	compression, bare := history.CompressionOf(name)
	ending := strings.TrimPrefix(filepath.Ext(bare), ".")
	if format != "" {
		ending = ""
		for _, o := range outputs {
			if o.format == format {
				ending = o.ending
			}
		}
	}
	write := writers[ending]
	switch {
	case write == nil && format != "":
		return nil, usage(fmt.Errorf("--to: no such format: %q (there are jsonl, edn, binary)", format))
	case write == nil:
		return nil, usage(fmt.Errorf("%s: ends in none of .jsonl, .edn and .svh, and no --to", name))
	}
	return func(w io.Writer, h *history.History) error {
		packed, err := compression.Writer(w)
		if err != nil {
			return err
		}
		if err := write(packed, h); err != nil {
			return err
		}
		return packed.Close()
	}, nil
}

// writers by the ending of a file's name.
var writers = map[string]func(io.Writer, *history.History) error{
	"jsonl": history.Write,
	"json":  history.Write,
	"edn":   history.WriteEDN,
	"svh":   history.WriteBinary,
}

// outputs are the values of --to, each with the ending of such files.
var outputs = []struct{ format, ending string }{{"jsonl", "jsonl"}, {"edn", "edn"}, {"binary", "svh"}}

// writeFile writes a file whole or not at all; "-" is out.
func writeFile(name string, out io.Writer, write func(io.Writer) error) error {
	if name == "-" {
		return write(out)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return failure.File(name, err)
	}
	defer os.Remove(f.Name()) // after the rename there is nothing to remove
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
