// Command splitvote tells whether a replicated service lies to its clients: it starts a cluster,
// drives concurrent clients at it while a nemesis breaks things, records every operation, and
// decides whether what the clients saw can be explained by one correct copy of the data.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/internal/build"
	"github.com/splitvote/splitvote/internal/failure"
)

// usage and failed are errors with their exit statuses.
var usage, failed = failure.Usage, failure.Internal

// verdictExit ends the command with a verdict that is already printed.
type verdictExit checker.Verdict

func (v verdictExit) Error() string { return checker.Verdict(v).String() }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole command except for the exit.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	return explain(errs, guarded(func() error { return root.ExecuteContext(ctx) }))
}

// guarded makes a panic of the command an error: Go's own exit status for one is that of an
// unknown verdict.
func guarded(command func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = cluster.Panicked(p)
		}
	}()
	return command()
}

// explain prints an error as one line with its hints and returns the exit status that belongs to
// it.
func explain(errs io.Writer, err error) int {
	var verdict verdictExit
	var f *failure.Error
	var panicked *cluster.PanicError
	switch {
	case err == nil:
		return failure.ExitValid
	case errors.As(err, &verdict):
		return failure.ExitOf(checker.Verdict(verdict))
	case errors.As(err, &panicked):
		fmt.Fprintf(errs, "splitvote: %s\n%s", failure.OneLine(err), panicked.Stack)
		return failure.ExitInternal
	case !errors.As(err, &f):
		f = &failure.Error{Exit: failure.ExitUsage, Err: err} // what cobra says of flags and arguments
	}
	fmt.Fprintf(errs, "splitvote: %s\n", failure.OneLine(f.Err))
	for _, h := range f.Hints {
		fmt.Fprintf(errs, "hint: %s\n", h)
	}
	return f.Exit
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "splitvote",
		Short: "does your replicated service lie to its clients?",
		Long: `splitvote starts a cluster, drives concurrent clients at it while a nemesis breaks things, records every
operation, and decides whether what the clients saw can be explained by one correct copy of the data.

Exit status: 0 valid · 1 invalid · 2 unknown · 254 usage or bad input · 255 the experiment itself failed`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.Version = build.Version()
	root.SetVersionTemplate(build.Text())
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(runCommand(), checkCommand(), campaignCommand(), bugsCommand(), controlsCommand(),
		replayCommand(), shrinkCommand(),
		serveCommand(), convertCommand(), cleanCommand(), listCommand(), nodeCommand(), netfaultCommand(),
		reapCommand(), versionCommand(), mcpCommand(), generateCommand())
	addExamples(root)
	completeNames(root)
	return root
}
