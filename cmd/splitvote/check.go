package main

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/judge"
	"github.com/splitvote/splitvote/report"
)

func checkCommand() *cobra.Command {
	var c check
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "judge a recorded history (JSON lines, or Jepsen's EDN); - is standard input, judged as it comes",
		Args:  exactly(1, "the history's file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return stoppable(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), func(w *work) error {
				return c.run(cmd.Context(), args[0], cmd.InOrStdin(), w)
			})
		},
	}
	f, o := cmd.Flags(), &c.Options
	f.StringVar(&o.Model, "model", "", "what the history should be a history of: "+
		strings.Join(levels.ModelNames(), ", ")+" (default: of the run's plan, or told by the calls)")
	f.StringVar(&o.Consistency, "consistency", "", "what the history should be: "+strings.Join(levels.All(), ", ")+
		" (default: the strongest of the model)")
	f.StringVar(&o.Format, "format", "auto", "format of the file: "+strings.Join(judge.Formats(), ", "))
	f.Var(&o.Initial, "initial", "what every object holds before any call, in JSON, or KEY=VALUE for one key; may "+
		"be repeated (default: of the file's header, or the model's)")
	f.StringVar(&o.Engine, "engine", "auto", "how to decide: auto, search, porcupine")
	f.DurationVar(&o.Timeout, "checker-timeout", time.Minute, "give up after this long, with unknown")
	f.Var(&o.Memory, "checker-memory",
		"that searching may hold, and events of standard input, as 2GiB; beyond it, unknown (default 4GiB)")
	f.DurationVar(&o.Settle, "settle", -1,
		"that replicas may differ after the last fault and update: later reads are final (eventual only)")
	f.BoolVar(&c.json, "json", false, "print the result as JSON")
	f.StringVar(&c.html, "html", "", "also write a report to this file")
	return cmd
}

// check is splitvote check with its flags.
type check struct {
	judge.Options
	json bool
	html string
}

// run reads the history, judges it, and prints the verdict as soon as it is known; then it grades
// an invalid history, which may take as long again.
func (c check) run(ctx context.Context, file string, in io.Reader, w *work) error {
	judged, err := c.File(ctx, file, in, w.now)
	if err != nil {
		return err
	}
	defer judged.Close()
	run := judged.Run
	if judged.Online {
		if err := printRun(w, run, c.json); err != nil {
			return failed(err)
		}
		return verdictExit(run.Result.Verdict)
	}
	colour := isTerminal(w.out) && os.Getenv("NO_COLOR") == ""
	if !c.json {
		if err := report.TextVerdict(w, run, colour); err != nil {
			return failed(err)
		}
	}
	w.decided(run.Result.Verdict)
	w.now("the history is %v; which weaker levels hold is open", run.Result.Verdict)
	if err := judged.Grade(ctx); err != nil {
		return err
	}
	if c.html != "" {
		w.now("the history is %v; %s is not written", run.Result.Verdict, c.html)
		w.writing(c.html)
		if err := writeHTML(ctx, c.html, run); err != nil {
			return failed(err)
		}
		w.writing("")
		run.Report = c.html
	}
	print := report.JSON
	if !c.json {
		print = func(out io.Writer, run *report.Run) error { return report.TextRest(out, run, colour) }
	}
	if err := print(w, run); err != nil {
		return failed(err)
	}
	return verdictExit(run.Result.Verdict)
}

// printRun prints a run as a person or a program reads it.
func printRun(out io.Writer, run *report.Run, asJSON bool) error {
	if asJSON {
		return report.JSON(out, run)
	}
	return report.Text(out, run, isTerminal(out) && os.Getenv("NO_COLOR") == "")
}

func writeHTML(ctx context.Context, name string, run *report.Run) error {
	f, err := os.Create(name)
	if err != nil {
		return failure.File(name, err)
	}
	if err := report.HTML(polledWriter{f, ctx}, run); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
