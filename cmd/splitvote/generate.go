package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// generateCommand writes what packages of the command carry: man pages and completions. It is for
// make and releases.
func generateCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "generate DIR",
		Short:  "write man pages and completions of shells into DIR",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := generate(cmd.Root(), args[0]); err != nil {
				return failed(fmt.Errorf("generate: %w", err))
			}
			return nil
		},
	}
}

func generate(root *cobra.Command, dir string) error {
	man, shells := filepath.Join(dir, "man"), filepath.Join(dir, "completions")
	for _, d := range []string{man, shells} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	root.DisableAutoGenTag = true // the same source gives the same pages
	epoch := time.Unix(0, 0).UTC()
	header := doc.GenManHeader{Section: "1", Source: "splitvote", Manual: "splitvote", Date: &epoch}
	if err := doc.GenManTree(root, &header, man); err != nil {
		return err
	}
	for name, write := range map[string]func(string) error{
		"splitvote.bash": func(file string) error { return root.GenBashCompletionFileV2(file, true) },
		"_splitvote":     root.GenZshCompletionFile,
		"splitvote.fish": func(file string) error { return root.GenFishCompletionFile(file, true) },
	} {
		if err := write(filepath.Join(shells, name)); err != nil {
			return err
		}
	}
	return nil
}
