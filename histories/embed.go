// Package histories holds recorded histories with the verdicts that they deserve: the checkers'
// test vectors, free for other tools to use. README.md describes the files.
//
//	V1  A verdict stands for the history as it is, by the definition of its model, not for what
//	    some checker says.
//	V2  A history shows one thing; its name and comment say which.
package histories

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed *.jsonl *.edn *.json *.log *.txt *.csv *.intervals
var files embed.FS

// File is one history with its header.
type File struct {
	Name    string            `json:"-"`       // without .jsonl
	Expect  map[string]string `json:"expect"`  // is it linearizable? verdict by name of the model: valid or invalid
	Levels  map[string]string `json:"levels"`  // verdict by weaker consistency level, for the models that have it
	Comment string            `json:"comment"` // why
	Source  string            `json:"source"`  // where it comes from
	Data    []byte            `json:"-"`       // the whole file, header included; history.Read passes over the header
	Forms   map[string][]byte `json:"-"`       // the same in other formats, by the file's ending: edn, json, log ...
}

// endings are those of the files that hold a history in another format.
var endings = []string{"edn", "json", "log", "txt", "csv", "intervals"}

// All lists the corpus in the order of names. An error is a header that cannot be read.
func All() ([]File, error) {
	names, err := fs.Glob(files, "*.jsonl")
	if err != nil {
		return nil, err
	}
	all := make([]File, 0, len(names))
	for _, name := range names {
		file := File{Name: strings.TrimSuffix(name, ".jsonl")}
		if file.Data, file.Forms, err = read(files, name, &file); err != nil {
			return nil, err
		}
		all = append(all, file)
	}
	return all, nil
}

// read reads a history, its header into a struct, and the same history in other formats.
func read(from embed.FS, name string, header any) (data []byte, forms map[string][]byte, err error) {
	if data, err = from.ReadFile(name); err != nil {
		return nil, nil, err
	}
	first, _, _ := bytes.Cut(data, []byte{'\n'})
	if err := json.Unmarshal(first, header); err != nil {
		return nil, nil, fmt.Errorf("%s: header: %w", name, err)
	}
	for _, ending := range endings {
		text, err := from.ReadFile(strings.TrimSuffix(name, "jsonl") + ending)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, nil, err
		case forms == nil:
			forms = map[string][]byte{}
		}
		forms[ending] = text
	}
	return data, forms, nil
}
