import type { Command } from "commander";

import { Problem } from "./lib/problem.ts";
import { type Stack, selectStack } from "./setup/stack.ts";

/** The stack that a command means, as its options say it. */
export interface StackOptions {
  readonly example?: string;
  readonly stack?: string;
  readonly cwd?: string;
}

/** A command for one stack: an example's by its name, or by its folder. */
export function onStack(program: Command, name: string, description: string, work: (stack: Stack) => Promise<number>): void {
  program
    .command(name)
    .description(description)
    .argument("[example]", "a folder of examples/; default: this project's own program")
    .allowExcessArguments()
    .option("-s, --stack <name>", "default: dev for this project, docker for an example")
    .option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving")
    .action(async (example: string | undefined, options: StackOptions, { args }: Command) => {
      refuseFurther(name, args.slice(1));
      process.exitCode = await work(selectStack({ ...options, example }));
    });
}

/** A command for one stack, or for all of them where none is named. */
export function onStacks(program: Command, name: string, description: string, act: (command: Command) => Command): void {
  act(
    program
      .command(name)
      .description(description)
      .argument("[example]", "a folder of examples/")
      .option("-s, --stack <name>", "one stack; default: all")
      .option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving"),
  );
}

/** A command that runs tests; its words choose some of them. */
export function tests(program: Command, name: string, description: string, work: (words: readonly string[]) => Promise<number>): void {
  program
    .command(name)
    .description(`${description}; words choose them by name`)
    .argument("[words...]")
    .allowUnknownOption()
    .action(async (words: string[]) => {
      process.exitCode = await work(words);
    });
}

/** A command that needs the dependencies only. */
export function plain(program: Command, name: string, description: string, work: () => Promise<number>, { hidden = false } = {}): void {
  program
    .command(name, { hidden })
    .description(description)
    .allowExcessArguments()
    .action(async (_: object, { args }: Command) => {
      refuseFurther(name, args);
      process.exitCode = await work();
    });
}

/** @throws Problem for a word that a command would have to ignore */
function refuseFurther(command: string, words: readonly string[]): void {
  const [word] = words;
  if (word !== undefined) throw new Problem(`${command} takes no further word, got "${word}"; npm run help says what it takes`);
}
