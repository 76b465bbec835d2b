// Package agent serves the command to coding agents, by the Model Context Protocol.
package agent

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/splitvote/splitvote/internal/build"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/store"
)

// Run carries out a command line, and gives its exit status.
type Run func(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int

// Serve answers on the streams until in ends. dir is the store.
func Serve(ctx context.Context, in io.Reader, out io.Writer, dir string, run Run) error {
	return run.server(dir).Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(in), Writer: keepOpen{out}})
}

type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

// answerMost is how much of what a command prints, or of a file, an answer holds: agents read with
// a budget.
const answerMost = 256 << 10

// answer is what a tool returns beside the text.
type answer struct {
	ExitStatus int    `json:"exit_status" jsonschema:"0 valid or done, 1 invalid, 2 unknown, 254 usage or bad input, 255 the experiment failed"`
	Command    string `json:"command" jsonschema:"the command line that does the same"`
}

type listInput struct {
	What string `json:"what,omitempty" jsonschema:"targets, workloads, faults, models, bugs or backends; all if it is left out"`
}

type runInput struct {
	Plan        string   `json:"plan,omitempty" jsonschema:"path of a plan file; the other arguments come before what it says"`
	Target      string   `json:"target,omitempty" jsonschema:"a bundled target, or the path of a service's YAML file"`
	Backend     string   `json:"backend,omitempty" jsonschema:"auto, sim, local or docker"`
	Workload    string   `json:"workload,omitempty"`
	Nodes       int      `json:"nodes,omitempty"`
	Faults      []string `json:"faults,omitempty"`
	TimeLimit   string   `json:"time_limit,omitempty" jsonschema:"length of the main phase, as 30s"`
	Rate        float64  `json:"rate,omitempty" jsonschema:"calls a second of all clients together"`
	Seed        uint64   `json:"seed,omitempty"`
	Bug         string   `json:"bug,omitempty" jsonschema:"planted bug to switch on"`
	Consistency string   `json:"consistency,omitempty"`
	Set         []string `json:"set,omitempty" jsonschema:"settings of the target or the workload, each as key=value"`
	FailFast    bool     `json:"fail_fast,omitempty" jsonschema:"stop at the first violation"`
}

type checkInput struct {
	File        string `json:"file" jsonschema:"path of the history"`
	Model       string `json:"model,omitempty" jsonschema:"what it should be a history of, as register"`
	Consistency string `json:"consistency,omitempty" jsonschema:"the level that it should have, as linearizable"`
	Format      string `json:"format,omitempty"`
}

type shrinkInput struct {
	Run   string `json:"run" jsonschema:"a run's directory, latest, or a history"`
	For   string `json:"for,omitempty" jsonschema:"how long to go on at most, as 50s"`
	Model string `json:"model,omitempty" jsonschema:"what a history that is no run's is judged by"`
}

type readInput struct {
	Run  string `json:"run" jsonschema:"a run's directory, or latest"`
	File string `json:"file,omitempty" jsonschema:"a file in it, as summary.md, results.json or nodes/n1.log; all are named if it is left out"`
	From int    `json:"from,omitempty" jsonschema:"byte from which to read a long file on"`
}

// flags are the flags that have values, as arguments.
type flags [][2]string

func (f flags) args() (args []string) {
	for _, pair := range f {
		if pair[1] != "" && pair[1] != "0" {
			args = append(args, "--"+pair[0]+"="+pair[1])
		}
	}
	return args
}

func (in checkInput) args() []string {
	return flags{{"model", in.Model}, {"consistency", in.Consistency}, {"format", in.Format}}.args()
}

// server offers the tools. dir is the store.
func (run Run) server(dir string) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "splitvote", Version: build.ModuleVersion()}, nil)
	mcp.AddTool(
		s,
		&mcp.Tool{
			Name:        "list",
			Description: "Names the targets, workloads, faults, models, planted bugs and backends.",
		},
		func(ctx context.Context, _ *mcp.CallToolRequest, in listInput) (*mcp.CallToolResult, answer, error) {
			return run.call(ctx, "list", nil, in.What)
		},
	)
	mcp.AddTool(
		s,
		&mcp.Tool{
			Name: "run",
			Description: "Tests a replicated service: starts a cluster, drives clients while faults are on, " +
				"judges what " +
				"they saw, and stores the run. backend sim needs nothing and takes seconds.",
		},
		func(ctx context.Context, _ *mcp.CallToolRequest, in runInput) (*mcp.CallToolResult, answer, error) {
			f := flags{
				{"store", dir},
				{"target", in.Target},
				{"backend", in.Backend},
				{"workload", in.Workload},
				{"nodes", fmt.Sprint(in.Nodes)},
				{
					"faults",
					strings.Join(in.Faults, ","),
				},
				{"time-limit", in.TimeLimit},
				{"rate", fmt.Sprint(in.Rate)},
				{"seed", fmt.Sprint(in.Seed)},
				{"bug", in.Bug},
				{"consistency", in.Consistency},
			}
			for _, set := range in.Set {
				f = append(f, [2]string{"set", set})
			}
			if in.FailFast {
				f = append(f, [2]string{"fail-fast", "true"})
			}
			return run.call(ctx, "run", f.args(), in.Plan)
		},
	)
	mcp.AddTool(s, &mcp.Tool{Name: "check", Description: "Judges a recorded history; the result is JSON."},
		func(ctx context.Context, _ *mcp.CallToolRequest, in checkInput) (*mcp.CallToolResult, answer, error) {
			return run.call(ctx, "check", append(in.args(), "--json"), in.File)
		})
	mcp.AddTool(
		s,
		&mcp.Tool{
			Name:        "explain",
			Description: "Judges a recorded history and tells its first violation call by call, in words.",
		},
		func(ctx context.Context, _ *mcp.CallToolRequest, in checkInput) (*mcp.CallToolResult, answer, error) {
			return run.call(ctx, "check", in.args(), in.File)
		},
	)
	mcp.AddTool(
		s,
		&mcp.Tool{
			Name:        "shrink",
			Description: "Makes a failing run of the simulator, or a history, small, with the same sort of violation.",
		},
		func(ctx context.Context, _ *mcp.CallToolRequest, in shrinkInput) (*mcp.CallToolResult, answer, error) {
			return run.call(
				ctx,
				"shrink",
				flags{{"store", dir}, {"for", in.For}, {"model", in.Model}}.args(),
				in.Run,
			)
		},
	)
	mcp.AddTool(s, &mcp.Tool{Name: "read_run", Description: "Reads a file of a stored run, or names its files."},
		func(_ context.Context, _ *mcp.CallToolRequest, in readInput) (*mcp.CallToolResult, answer, error) {
			return readRun(dir, in)
		})
	return s
}

// call runs the command. What follows the flags is never taken for one.
func (run Run) call(
	ctx context.Context,
	name string,
	args []string,
	operand string,
) (*mcp.CallToolResult, answer, error) {
	args = append([]string{name}, args...)
	if operand != "" {
		args = append(args, "--", operand)
	}
	var out, errs bytes.Buffer
	status := run(ctx, args, strings.NewReader(""), &out, &errs)
	result := &mcp.CallToolResult{
		IsError: status >= failure.ExitUsage,
		Content: []mcp.Content{&mcp.TextContent{Text: bounded(out.String())}},
	}
	if errs.Len() > 0 {
		result.Content = append(result.Content, &mcp.TextContent{Text: bounded(errs.String())})
	}
	return result, answer{status, "splitvote " + strings.Join(args, " ")}, nil
}

func bounded(text string) string {
	if len(text) <= answerMost {
		return text
	}
	return fmt.Sprintf("%s\n(%d more bytes are left out)\n", text[:answerMost], len(text)-answerMost)
}

// readRun reads a file in a run's directory, and nothing outside it: links that lead out are not
// followed.
func readRun(dir string, in readInput) (*mcp.CallToolResult, answer, error) {
	refuse := func(err error) (*mcp.CallToolResult, answer, error) {
		return &mcp.CallToolResult{
				IsError: true,
				Content: []mcp.Content{&mcp.TextContent{Text: failure.OneLine(err)}},
			}, answer{
				ExitStatus: failure.ExitUsage,
			}, nil
	}
	found, err := store.Find(dir, in.Run)
	if err != nil {
		return refuse(err)
	}
	if found.Dir == nil {
		return refuse(fmt.Errorf("%s is a history alone, and no run's directory", in.Run))
	}
	root, err := os.OpenRoot(found.Dir.Path)
	if err != nil {
		return refuse(err)
	}
	defer root.Close()
	text, err := readIn(root, in)
	if err != nil {
		return refuse(err)
	}
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}},
		answer{Command: "cat " + found.Dir.File(cmp.Or(in.File, store.Plan))}, nil
}

func readIn(root *os.Root, in readInput) (string, error) {
	if in.File == "" {
		var names strings.Builder
		err := fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				fmt.Fprintln(&names, path)
			}
			return err
		})
		return names.String(), err
	}
	file, err := root.Open(in.File)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if _, err := file.Seek(int64(in.From), io.SeekStart); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(file, answerMost))
	return string(text), err
}
