import { type Command, Option } from "commander";

import type { StackOptions } from "./command-line.ts";
import type { LogOptions } from "./commands/logs.ts";
import type { OpenOptions } from "./commands/open.ts";
import type { RestartOptions } from "./commands/restart.ts";
import type { StatusOptions } from "./commands/status.ts";
import { type Selection, type Stack, selectStack } from "./setup/stack.ts";

/** The commands for a stack that runs: the same on both targets. They need nothing but its engine or cluster. */
export function dailyCommands(program: Command): void {
  program.commandsGroup("Every day, the same on Docker and on Kubernetes:");
  program
    .command("status")
    .description("say of every part whether it keeps its promise, and why not; exit code 1 where one does not")
    .argument("[example]", "a folder of examples/; default: this project's own program")
    .addOption(stackOption())
    .addOption(folderOption())
    .option("-w, --watch", "look again until Ctrl-C")
    .option("--json", "for machines")
    .action(async (example: string | undefined, options: StackOptions & StatusOptions) => {
      await onStack({ ...options, example }, async (stack) => (await import("./commands/status.ts")).status(stack, options));
    });
  named(
    program,
    "logs",
    "print what parts log, all replicas in one stream by time: logs -- api -f --since 10m",
    "[names...]",
    "parts or replicas, e.g. api or trainer-2; none: all",
  )
    .option("-f, --follow", "go on until Ctrl-C, over restarts and with new replicas")
    .option("--since <span>", "only lines since then: 10m, 2h, or a time")
    .option("--grep <expression>", "only lines in which this regular expression finds something")
    .option("-n, --tail <lines>", "only so many last lines of each replica")
    .option("-p, --previous", "only lines from before the last end")
    .action(async (names: string[], options: StackOptions & LogOptions) => {
      await onStack(options, async (stack) => (await import("./commands/logs.ts")).logs(stack, names, options));
    });
  named(
    program,
    "shell",
    "open a shell in a replica, or run a command there: shell -- api-0 -- ls /app",
    "<name>",
    "part or replica, e.g. api-1",
  )
    .argument("[command...]", "after another --; default: a shell")
    .action(async (name: string, words: string[], options: StackOptions) => {
      await onStack(options, async (stack) => (await import("./commands/shell.ts")).shell(stack, name, words));
    });
  named(program, "restart", "start a part again: replicas one after another, training from its last checkpoint", "<name>", "e.g. api")
    .option("-y, --yes", "restart training without asking")
    .action(async (name: string, options: StackOptions & RestartOptions) => {
      await onStack(options, async (stack) => (await import("./commands/restart.ts")).restart(stack, name, options));
    });
  named(
    program,
    "open",
    "say where a part answers, and open it; on Kubernetes through a port of this machine where it is not published",
    "<name>",
    "e.g. mlflow",
  )
    .option("--port <port>", "of this machine, for a way past what is published (Kubernetes)")
    .action(async (name: string, options: StackOptions & OpenOptions) => {
      await onStack(options, async (stack) => (await import("./commands/open.ts")).open(stack, name, options));
    });
}

/** A command whose words are names of parts. */
function named(program: Command, name: string, description: string, words: string, meaning: string): Command {
  return program
    .command(name)
    .description(description)
    .argument(words, meaning)
    .option("-e, --example <name>", "system in examples/")
    .addOption(stackOption())
    .addOption(folderOption());
}

function stackOption(): Option {
  return new Option("-s, --stack <name>", "default: dev for this project, docker for an example");
}

function folderOption(): Option {
  return new Option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving");
}

async function onStack(options: Selection, work: (stack: Stack) => Promise<number>): Promise<void> {
  // They run no program: the SDK would be most of their time.
  (await import("./settings/without-sdk.ts")).goWithoutSdk();
  process.exitCode = await work(selectStack(options));
}
