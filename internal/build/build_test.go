package build

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestVersionSaysWhatWasBuilt(t *testing.T) {
	on := runtime.GOOS + "/" + runtime.GOARCH
	vcs := func(settings ...string) (all []debug.BuildSetting) {
		for i := 0; i < len(settings); i += 2 {
			all = append(all, debug.BuildSetting{Key: "vcs." + settings[i], Value: settings[i+1]})
		}
		return all
	}
	for _, test := range []struct {
		about, version string
		settings       []debug.BuildSetting
		want           string
	}{
		{"a release", "v0.1.0", vcs("revision", "abc123", "time", "2026-11-28T12:00:00Z", "modified", "false"),
			"splitvote v0.1.0\ncommit abc123 of 2026-11-28T12:00:00Z\ngo 1.26.0 " + on + "\n"},
		{"a checkout under work", "v0.1.1-0.2026+dirty", vcs("revision", "abc123", "modified", "true"),
			"splitvote v0.1.1-0.2026+dirty\ncommit abc123 with changes that are not committed\ngo 1.26.0 " + on + "\n"},
		{"go install @latest", "v0.1.0", nil,
			"splitvote v0.1.0\ncommit not recorded: built from the module, outside a checkout\ngo 1.26.0 " + on + "\n"},
		{"files out of an archive", "(devel)", nil,
			"splitvote development\ncommit not recorded: built outside a checkout\ngo 1.26.0 " + on + "\n"},
	} {
		info := &debug.BuildInfo{
			GoVersion: "go1.26.0",
			Main:      debug.Module{Version: test.version},
			Settings:  test.settings,
		}
		if got := describe(info); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.about, got, test.want)
		}
	}
}
