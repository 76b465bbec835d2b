package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/splitvote/splitvote/plan"
)

// exactly wants n arguments and says in its error what they are.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return usage(fmt.Errorf("%s wants %s, got %s", cmd.CommandPath(), what, counted(len(args), "argument")),
			cmd.UseLine())
	}
}

func atMost(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		return usage(fmt.Errorf("%s wants %s at most, got %s", cmd.CommandPath(), what, counted(len(args), "argument")),
			cmd.UseLine())
	}
}

func atLeastOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return usage(fmt.Errorf("%s wants %s, got none", cmd.CommandPath(), what), cmd.UseLine())
	}
}

// noArguments refuses all: where a command has others below it, the first is taken for a misspelled
// one of them.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, below.Name())
		}
	}
	if len(names) == 0 {
		return usage(fmt.Errorf("%s wants no arguments, got %q", cmd.CommandPath(), args[0]), cmd.UseLine())
	}
	return usage(fmt.Errorf("%s: no such command: %q", cmd.CommandPath(), args[0]), plan.Suggest(args[0], names))
}

// counted is a number of things: 1 call, 2 calls.
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// wanted says of the types of flags what they take.
var wanted = map[string]string{"uint64": "a number from 0", "int": "a number", "float64": "a number",
	"bool": "true or false", "duration": "a duration as 30s or 1m30s"}

// flagError says what is wrong with a flag, and which was likely meant.
func flagError(cmd *cobra.Command, err error) error {
	all := cmd.CommandPath() + " --help lists the flags"
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := plan.Nearest(unknown.GetSpecifiedName(), names); near != "" {
			return usage(err, fmt.Sprintf("did you mean --%s? %s", near, all))
		}
	}
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		f, why := bad.GetFlag(), bad.Unwrap().Error()
		if want, ok := wanted[f.Value.Type()]; ok {
			why = fmt.Sprintf("%q is not %s", bad.GetValue(), want)
		}
		err = fmt.Errorf("--%s: %s", f.Name, why)
	}
	return usage(err, all)
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
