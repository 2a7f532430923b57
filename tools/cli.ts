import { Command } from "commander";

import { bench } from "./bench/index.ts";
import { writePackage } from "./commands/package.ts";
import { partsFor, pulumi } from "./commands/pulumi.ts";
import { type ReleaseOptions, release } from "./commands/release.ts";
import { render } from "./commands/render.ts";
import { repair } from "./commands/repair.ts";
import { start } from "./commands/start.ts";
import { stop } from "./commands/stop.ts";
import { type TaskOptions, task } from "./commands/task.ts";
import { check, format, integrationTests, kubernetesTests, unitTests } from "./commands/test.ts";
import { writeSchema } from "./commands/schema.ts";
import { exportLines } from "./setup/environment.ts";
import { setUp } from "./setup/index.ts";
import { Problem } from "./setup/problem.ts";
import type { Part } from "./setup/toolchain-build.ts";

/** Parts of the set-up that a command needs which may run on either target. */
const BOTH = (): readonly Part[] => ["core", "kubernetes"];

type Work = (env: Record<string, string>, args: string[]) => Promise<number>;

const program = new Command("mlstack").description("What serves people around Pulumi: set-up, the dev stack, tests.");

command("start", "set up what is missing and bring the dev stack up on local Docker", start);
command("stop", "take the dev stack down", stop);
command("test", "set up what is missing and run the unit tests and the workloads' tests", unitTests);
command("integration", "run the tests on the real engine; arguments choose files by name", integrationTests);
command("kubernetes", "run the tests on a real cluster of this machine; arguments choose files by name", kubernetesTests, BOTH);
command("pulumi", "run Pulumi with everything it needs, e.g. preview --stack dev", (env, args) => pulumi(args, env), partsFor);
command("repair", "clear away what a killed deployment left", async (env) => {
  const done = await repair(env);
  process.stdout.write(`${done.length === 0 ? "nothing to repair" : done.join("\n")}\n`);
  return 0;
});
command(
  "bench",
  "measure first up, previews and scaling beside Docker Compose, for `kubernetes` beside kubectl; for `serving` requests/s beside nginx",
  bench,
  ([target]) => (target === "kubernetes" ? BOTH() : ["core"]),
);
command(
  "env",
  "print the variables under which plain pulumi works, for eval",
  async (env) => {
    process.stdout.write(`${exportLines(env)}\n`);
    return 0;
  },
  BOTH,
);
program
  .command("task")
  .description("start a task that a stack has declared, e.g. train --stack dev; what follows -- are its arguments")
  .argument("[name]")
  .argument("[args...]")
  .option("-s, --stack <name>", "stack that has declared it (default: dev)")
  .option("--cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving (default: this one)")
  .option("-i, --interactive", "type into it on this terminal")
  .action(async (name: string | undefined, args: string[], options: TaskOptions) => {
    process.exitCode = await task(await setUp(), name, args, options);
  });
program
  .command("release")
  .description("build a definition file's images for every platform and push them to a customer's registry under a fixed version")
  .argument("<file>", "e.g. examples/model-serving/release.yaml")
  .option("--registry <address>", "host[:port][/path], in the place of the file's")
  .option("--version <version>", "in the place of the file's")
  .option("--dry-run", "say what would be built and pushed, and do nothing")
  .option("--overwrite", "replace a version that is at the registry")
  .option("--insecure", "speak to the registry without TLS; one on 127.0.0.1 or localhost needs no such word")
  .action(async (file: string, options: ReleaseOptions) => {
    process.exitCode = await release(file, options);
  });
plain("check", "check types and style", check);
plain("render", "write what a stack would apply to its cluster, without one, e.g. --stack prod", (_, args) => render(args));
plain("package", "write the library to dist, as `npm pack` needs it", () => writePackage());
plain("schema", "write infra/stack.schema.json from the settings' schema", writeSchema);
plain("format", "rewrite the files in the project's style", format);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  told(error);
}

/** A command that needs the set-up; what only Kubernetes needs takes long to make, and is made only where it is used. */
function command(
  name: string,
  description: string,
  work: Work,
  parts: (args: readonly string[]) => readonly Part[] = () => ["core"],
): void {
  add(name, description, async (args) => work(await setUp(parts(args)), args));
}

/** A command that needs the dependencies only. */
function plain(name: string, description: string, work: Work): void {
  add(name, description, (args) => work({ PATH: `${process.cwd()}/node_modules/.bin:${process.env["PATH"] ?? ""}` }, args));
}

function add(name: string, description: string, run: (args: string[]) => Promise<number>): void {
  program
    .command(name)
    .description(description)
    .argument("[args...]")
    .allowUnknownOption()
    .helpOption(name === "pulumi" ? false : "-h, --help")
    .action(async (args: string[]) => {
      process.exitCode = await run(args);
    });
}

/** Ends with what the user has to know, and no stack trace. */
function told({ message }: { message: string }): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
