package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/history"
)

func convertCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "rewrite a history as JSON lines or as Jepsen's EDN, by OUT's ending; - is standard input or output",
		Args:  exactly(2, "a history to read and a file to write"),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, err := writerFor(args[1], to)
			if err != nil {
				return err
			}
			h, err := readHistory(args[0], from, cmd.InOrStdin())
			if err != nil {
				return err
			}
			if h.Cut != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s is cut off (%s): converted as far as it goes\n", args[0], h.Cut)
			}
			if err := writeFile(args[1], cmd.OutOrStdout(), func(w io.Writer) error { return write(w, history.SplitTuples(h)) }); err != nil {
				return failed(err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "format", "auto", "format of IN: auto, jsonl, edn")
	cmd.Flags().StringVar(&to, "to", "", "format of OUT: jsonl, edn (default: by its ending)")
	return cmd
}

func writerFor(name, format string) (func(io.Writer, *history.History) error, error) {
	if format == "" {
		switch filepath.Ext(name) {
		case ".jsonl", ".json":
			format = "jsonl"
		case ".edn":
			format = "edn"
		}
	}
	switch format {
	case "jsonl":
		return history.Write, nil
	case "edn":
		return history.WriteEDN, nil
	}
	return nil, usage(fmt.Errorf("%s: neither .jsonl nor .edn, and no --to", name))
}

// writeFile writes a file whole or not at all; "-" is out.
func writeFile(name string, out io.Writer, write func(io.Writer) error) error {
	if name == "-" {
		return write(out)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return fileError(name, err)
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
