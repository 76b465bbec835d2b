package service_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/targets/service"
)

// A copy starts the same programs, wherever the originals are.
func TestCopy(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for _, name := range []string{"app/deploy/conf/kv.toml", "app/deploy/client.py", "app/bin/kv", "app/unrelated"} {
		if err := os.MkdirAll(filepath.Join(from, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(from, name), []byte(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(from, "app/deploy/kv.yaml")
	text := `
local: {command: [../bin/kv, conf/kv.toml, "{{.Data}}", absent.toml, /etc/hostname]}
client: [python3, client.py, "{{.Addr}}"]
objects: {register: {read, write}}
`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := service.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil { // what was read counts
		t.Fatal(err)
	}
	if err := s.Copy(to); err != nil {
		t.Fatal(err)
	}
	kept, ok := service.Copied(to, file)
	if !ok {
		t.Fatal("the copy is not found")
	}
	if s, err = service.Load(kept); err != nil {
		t.Fatal(err)
	}
	l := s.Launch(cluster.Member{ID: "n1", Members: []history.NodeID{"n1"}})
	for name, want := range map[string]string{
		l.Local.Argv[0]: "app/bin/kv", filepath.Join(l.Local.Dir, "conf/kv.toml"): "app/deploy/conf/kv.toml",
		filepath.Join(l.Local.Dir, "client.py"): "app/deploy/client.py",
	} {
		got, err := os.ReadFile(name)
		if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	if info, err := os.Stat(l.Local.Argv[0]); err != nil || info.Mode().Perm()&0o111 == 0 {
		t.Errorf("the program cannot be started: %v, %v", info, err)
	}
	if _, ok := service.Copied(t.TempDir(), file); ok {
		t.Error("a copy is found where there is none")
	}
}
