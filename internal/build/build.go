// Package build says which splitvote this is: its version, and what it was built from.
package build

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Text is what splitvote version prints.
func Text() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: runtime.Version()}
	}
	return describe(info)
}

// module is ours, which is another's dependency where splitvote is a library.
const module = "github.com/splitvote/splitvote"

// Version is the module's, with the revision where the build knows it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := ours(info).Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && info.Main.Path == module {
			v += " " + s.Value[:12]
		}
	}
	return v
}

// ModuleVersion is the module's alone.
func ModuleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return ours(info).Version
	}
	return "development"
}

// ours is our module in a build.
func ours(info *debug.BuildInfo) debug.Module {
	for _, m := range info.Deps {
		if m.Path == module {
			return *m
		}
	}
	return info.Main
}

// describe says what a binary was built from. A module that was fetched has a version and no
// commit; a build of loose files has neither.
func describe(info *debug.BuildInfo) string {
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
	return fmt.Sprintf(
		"splitvote %s\ncommit %s\ngo %s %s/%s\n",
		version,
		commit,
		strings.TrimPrefix(info.GoVersion, "go"),
		runtime.GOOS,
		runtime.GOARCH,
	)
}
