package inprocess

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
)

// directory is what a directory holds: files and directories by their relative names.
type directory map[string]entry

type entry struct {
	mode fs.FileMode
	text []byte // of a file; the target of a symbolic link
}

// looks is how often a directory is read in search of a moment at which it stood still.
const looks = 20

// errMoving is a directory that somebody goes on writing to.
var errMoving = errors.New("the directory does not stand still")

// snapshot reads a directory as it was at one moment, though its member may still write to it. Two
// readings in a row that are equal are such a moment: what both found was there when the first
// ended and the second began. It gives up with errMoving.
func snapshot(dir string) (directory, error) {
	last, err := read(dir)
	for range looks {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		next, again := read(dir)
		if err == nil && again == nil && maps.EqualFunc(last, next, entry.equal) {
			return next, nil
		}
		last, err = next, again
	}
	return nil, errMoving
}

func (e entry) equal(o entry) bool { return e.mode == o.mode && bytes.Equal(e.text, o.text) }

func read(dir string) (directory, error) {
	found := directory{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		e := entry{mode: info.Mode()}
		switch {
		case info.Mode().IsRegular():
			e.text, err = os.ReadFile(path)
		case info.Mode()&fs.ModeSymlink != 0:
			var to string
			to, err = os.Readlink(path)
			e.text = []byte(to)
		case !info.IsDir():
			return nil // a socket or a pipe ends with its process
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		found[name] = e
		return err
	})
	return found, err
}

// write makes a new directory that holds the same.
func (d directory) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// Parents sort before what they hold.
	for _, name := range sorted(d) {
		e, path := d[name], filepath.Join(dir, name)
		var err error
		switch {
		case name == ".":
		case e.mode.IsDir():
			err = os.Mkdir(path, e.mode.Perm()|0o700)
		case e.mode&fs.ModeSymlink != 0:
			err = os.Symlink(string(e.text), path)
		default:
			err = os.WriteFile(path, e.text, e.mode.Perm())
		}
		if err != nil {
			return fmt.Errorf("copy the directory: %w", err)
		}
	}
	return nil
}

// files counts the files.
func (d directory) files() (n int) {
	for _, e := range d {
		if e.mode.IsRegular() {
			n++
		}
	}
	return n
}
