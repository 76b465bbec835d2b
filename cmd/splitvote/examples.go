package main

import "github.com/spf13/cobra"

// examples stand in the --help of each command, by its name.
var examples = map[string]string{
	"splitvote": `  splitvote run --backend sim --faults partition,kill --time-limit 60s
  splitvote check history.jsonl --model register`,
	"splitvote run": `  splitvote run --backend sim --faults partition,kill,pause --time-limit 60s --seed 1
  splitvote run --backend local --workload queue --faults kill
  splitvote run --target service.yaml --workload register --faults kill
  splitvote run plan.yaml --fail-fast`,
	"splitvote check": `  splitvote check history.jsonl
  splitvote check history.edn --model list-append --consistency snapshot-isolation
  tail -f history.jsonl | splitvote check - --model register`,
	"splitvote campaign": `  splitvote campaign --target raft --seeds 20000 --keep-going
  splitvote campaign --target multipaxos --for 10m --faults partition,kill
  splitvote campaign --seeds 100000 --shard 0/4 --keep-going`,
	"splitvote campaign merge": `  splitvote campaign merge runs/part-0of2 runs/part-1of2`,
	"splitvote bugs": `  splitvote bugs --quick
  splitvote bugs --target zab --for 5m --json bugs.json`,
	"splitvote controls": `  splitvote controls --target raft --workload register,set
  splitvote controls --target service.yaml --backend local --seeds 1`,
	"splitvote replay": `  splitvote replay latest
  splitvote replay runs/register-raft/20261122T060000.123`,
	"splitvote shrink": `  splitvote shrink latest
  splitvote shrink history.jsonl --model register --out small.jsonl`,
	"splitvote serve": `  splitvote serve
  splitvote serve runs --addr 0.0.0.0:8080 --host runs.example.org`,
	"splitvote convert": `  splitvote convert history.edn history.jsonl
  splitvote convert history.jsonl history.svh.zst`,
	"splitvote list": `  splitvote list
  splitvote list bugs --json`,
	"splitvote clean":   `  splitvote clean`,
	"splitvote node":    `  splitvote node --protocol raft --id n1 --members n1 --data data --client-listen 127.0.0.1:8001 --peer-listen 127.0.0.1:9001`,
	"splitvote version": `  splitvote version`,
	"splitvote mcp": `  claude mcp add splitvote -- splitvote mcp
  splitvote mcp --store runs`,
}

// addExamples gives each command below cmd, and cmd, its examples.
func addExamples(cmd *cobra.Command) {
	cmd.Example = examples[cmd.CommandPath()]
	for _, below := range cmd.Commands() {
		addExamples(below)
	}
}
