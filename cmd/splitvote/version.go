package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version, the commit it was built from, and the version of Go",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), versionText())
			return err
		},
	}
}

// versionText is what splitvote version prints.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: runtime.Version()}
	}
	return describeBuild(info)
}

// describeBuild says what a binary was built from. A module that was fetched has a version and no
// commit; a build of loose files has neither.
func describeBuild(info *debug.BuildInfo) string {
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "development"
	}
	commit := setting["vcs.revision"]
	switch {
	case commit == "" && version != "development":
		commit = "not recorded: built from the module, outside a checkout"
	case commit == "":
		commit = "not recorded: built outside a checkout"
	default:
		details := []string{}
		if at := setting["vcs.time"]; at != "" {
			details = append(details, "of "+at)
		}
		if setting["vcs.modified"] == "true" {
			details = append(details, "with changes that are not committed")
		}
		commit = strings.TrimSpace(commit + " " + strings.Join(details, ", "))
	}
	return fmt.Sprintf("splitvote %s\ncommit %s\ngo %s %s/%s\n", version, commit, strings.TrimPrefix(info.GoVersion, "go"),
		runtime.GOOS, runtime.GOARCH)
}
