package service

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// above names a copied parent directory; only its contents matter.
const above = "_"

// Copy copies the file, and the files that its commands name by relative paths, into the directory
// to. A program in the PATH, or named by an absolute path, is installed and stays where it is.
func (s *Service) Copy(to string) error {
	names := s.named()
	place := to
	for range slices.Max(append(ups(names), 0)) {
		place = filepath.Join(place, above) // for paths that begin with ..
	}
	if err := os.MkdirAll(place, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(place, s.base), s.text, 0o644); err != nil {
		return err
	}
	for _, name := range names {
		if err := copyFile(filepath.Join(s.dir, name), filepath.Join(place, name)); err != nil {
			return err
		}
	}
	return nil
}

// Copied returns the path of the file's copy in a directory.
func Copied(dir, name string) (path string, ok bool) {
	for {
		path = filepath.Join(dir, filepath.Base(name))
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, true
		}
		dir = filepath.Join(dir, above)
		if _, err := os.Stat(dir); err != nil {
			return "", false
		}
	}
}

// named returns the files that commands name, relative to the service's file.
func (s *Service) named() []string {
	all := slices.Clone(s.file.Client)
	if p := s.file.Local; p != nil {
		all = append(all, p.Command...)
		for _, value := range p.Env {
			all = append(all, value)
		}
	}
	var names []string
	for i, t := range all {
		name := filepath.Clean(t.source)
		program := i == 0 && len(s.file.Client) > 0 || i == len(s.file.Client)
		if t.source == "" || strings.Contains(t.source, "{{") || filepath.IsAbs(name) || slices.Contains(names, name) ||
			program && !strings.ContainsRune(t.source, '/') {
			continue
		}
		if info, err := os.Stat(filepath.Join(s.dir, name)); err == nil && info.Mode().IsRegular() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// ups returns how many directories up the names lead.
func ups(names []string) []int {
	var n []int
	for _, name := range names {
		n = append(n, strings.Count("/"+filepath.ToSlash(name), "/.."))
	}
	return n
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, info.Mode().Perm()|fs.FileMode(0o200))
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// Lookup returns why the program that makes the calls cannot be started, nil if it can or there is
// no such program.
func (s *Service) Lookup() error {
	if len(s.file.Client) == 0 || strings.Contains(s.file.Client[0].source, "{{") {
		return nil
	}
	if _, err := exec.LookPath(s.beside(s.file.Client[0].source)); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	return nil
}
