import { Command } from "commander";
import { onStack, onStacks, plain, type StackOptions, tests } from "./command-line.ts";
import type { DriftOptions } from "./commands/drift.ts";
import type { ReleaseOptions } from "./commands/release.ts";
import type { TaskOptions } from "./commands/task.ts";
import { dailyCommands } from "./daily-commands.ts";
import { Problem, problemOf } from "./lib/problem.ts";
import { reportCommands } from "./report-commands.ts";
import { selectStack } from "./setup/stack.ts";

// Each command is loaded only where it is used: some bring the whole library along.
const setUp = async (parts?: readonly ("core" | "kubernetes")[]) => (await import("./setup/index.ts")).setUp(parts);

/** For a command that runs no program of its own: the SDK would be most of its time. */
const withoutSdk = async () => (await import("./settings/without-sdk.ts")).goWithoutSdk();

/** Variables of a command that needs nothing but the dependencies. */
const PLAIN = { PATH: `${process.cwd()}/node_modules/.bin:${process.env["PATH"] ?? ""}` };

const program = new Command("npm run").description(
  "mlstack: machine-learning systems on this machine's Docker and on Kubernetes. Words for a command come after --, e.g. npm start -- model-serving.",
);

onStack(
  program,
  "start",
  "set up what is missing, bring a system up and say where it answers: an example by its name, or the dev stack",
  async (stack) => {
    await withoutSdk();
    return (await import("./commands/start.ts")).start(stack);
  },
);
onStack(program, "stop", "take a system down again, after saying what that is", async (stack) => {
  await withoutSdk();
  return (await import("./commands/stop.ts")).stop(stack);
});
onStack(program, "repair", "clear away what a killed deployment left", async (stack) => {
  await withoutSdk();
  return (await import("./commands/repair.ts")).repair(stack);
});
onStack(program, "env", "print the variables under which plain pulumi works, for eval", async (stack) => {
  await withoutSdk();
  return (await import("./commands/env.ts")).printEnvironment(stack);
});
onStack(program, "render", "write the objects that a stack would apply to its cluster into rendered/, without a cluster", async (stack) =>
  (await import("./commands/render.ts")).render(stack),
);
plain(program, "registry", "run a registry of images on this machine until Ctrl+C, for a trial on a cluster of this machine", async () =>
  (await import("./commands/registry.ts")).registry(),
);

dailyCommands(program);

program.commandsGroup("Settings, without an engine or a cluster:");
onStacks(program, "check", "say every mistake in the settings of a stack, or of all stacks", (command) =>
  command.action(async (example: string | undefined, options: StackOptions) => {
    await withoutSdk();
    process.exitCode = (await import("./commands/check.ts")).check({ ...options, example });
  }),
);
onStack(
  program,
  "doctor",
  "look at what a deployment will need, before it is needed: engine or cluster, rights, space, ports, room for each pod",
  async (stack) => (await import("./commands/doctor.ts")).doctor(stack),
);
program
  .command("explain")
  .description("say where a setting's value comes from: each layer that says it, and the default; all settings without a path")
  .argument("[path]", "e.g. features.api.replicas; with --of a field, e.g. env.LOG_LEVEL")
  .option("--of <name>", "a container or object of the stack, e.g. api-0 or deployment/api: which settings its field comes from")
  .option("-e, --example <name>", "system in examples/")
  .option("-s, --stack <name>", "default: dev for this project, docker for an example")
  .option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving")
  .option("--json", "for machines")
  .action(async (path: string | undefined, options: StackOptions & { of?: string; json?: boolean }) => {
    // A field's causes are found by running the program.
    if (options.of === undefined) await withoutSdk();
    // Before any component is loaded, so that the places of their defaults are known.
    (await import("./settings/default-places.ts")).noteDeclarations();
    const { explain, explainField } = await import("./commands/explain.ts");
    const { of: name } = options;
    if (name !== undefined && path === undefined) throw new Problem(`--of ${name} needs a field, for example env.LOG_LEVEL`);
    process.exitCode = await (name === undefined || path === undefined
      ? explain(selectStack(options), path, options)
      : explainField(selectStack(options), name, path, options));
  });
program
  .command("diff")
  .description("say in which settings two stacks differ, and where each value comes from: diff -- -s acme -s globex")
  .option("-e, --example <name>", "system in examples/")
  .option("-s, --stack <name>", "twice", (name: string, before: string[]) => [...before, name], [] as string[])
  .option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving")
  .option("--json", "for machines")
  .action(async ({ stack, ...options }: Omit<StackOptions, "stack"> & { stack: string[]; json?: boolean }) => {
    await withoutSdk();
    process.exitCode = (await import("./commands/diff.ts")).diff(options, stack, options);
  });
program
  .command("stacks")
  .description("list the stacks of a project with what they extend; with a layer: those that extend it, at any depth")
  .argument("[layer]", "e.g. prod")
  .option("-e, --example <name>", "system in examples/")
  .option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving")
  .option("--changed-since <commit>", "only stacks whose resolved settings differ from those of a commit, with each value")
  .option("--json", "for machines")
  .action(async (layer: string | undefined, options: StackOptions & { changedSince?: string; json?: boolean }) => {
    await withoutSdk();
    process.exitCode = (await import("./commands/stacks.ts")).stacks(options, layer, options);
  });
program
  .command("customer")
  .description("write the stack of a customer from a layer, with what has to differ, and set it up: customer -- new acme --from prod")
  .argument("<new>", "new")
  .argument("<name>", "of the customer's stack")
  .requiredOption("--from <layer>", "stack or layer that it starts from")
  .option(
    "--set <setting=value>",
    "a setting that differs; as often as needed",
    (one: string, before: string[]) => [...before, one],
    [] as string[],
  )
  .option("-e, --example <name>", "system in examples/")
  .option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving")
  .action(async (word: string, name: string, options: StackOptions & { from: string; set: string[] }) => {
    await withoutSdk();
    const { newCustomer } = await import("./commands/customer.ts");
    process.exitCode = await newCustomer(word, name, options, setUp);
  });

reportCommands(program, setUp, withoutSdk);

program
  .command("drift")
  .description("say where what runs differs from what was deployed, and what the next deployment does about it; changes nothing")
  .argument("[example]", "a folder of examples/; default: this project's own program")
  .option("-s, --stack <name>", "default: dev for this project, docker for an example; several by a pattern, e.g. 'eu-*'")
  .option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving")
  .option("--all", "every stack of the project")
  .option("--json", "for machines: docs/drift.md has the format")
  .action(async (example: string | undefined, options: DriftOptions) => {
    await withoutSdk();
    process.exitCode = await (await import("./commands/drift.ts")).drift({ ...options, example });
  });

program
  .command("declarations", { hidden: true })
  .argument("<drawn>", "file of what programs draw at random: read where it exists, else written")
  .option("-C, --cwd <folder>", "folder of the Pulumi project")
  .action(async (drawn: string, options: StackOptions) => {
    await import("../infra/lean-sdk.ts");
    process.exitCode = await (await import("./report/declaring.ts")).declare(options, drawn);
  });

program.commandsGroup("Work and releases:");
program
  .command("task")
  .description("start a task that a stack has declared, e.g. train --example model-serving; words after another -- are its arguments")
  .argument("[name]", "default: the only task")
  .argument("[args...]")
  .option("-e, --example <name>", "system in examples/ that has declared it")
  .option("-s, --stack <name>", "default: dev for this project, docker for an example")
  .option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving")
  .option("-i, --interactive", "type into it on this terminal")
  .action(async (name: string | undefined, args: string[], { example, ...options }: TaskOptions & { example?: string }) => {
    const { folder: cwd, name: stack } = selectStack({ ...options, example });
    process.exitCode = await (await import("./commands/task.ts")).task(await setUp(), name, args, { ...options, cwd, stack });
  });
program
  .command("pulumi")
  .description("run Pulumi with everything it needs, e.g. preview -s docker -C examples/model-serving")
  .argument("[args...]")
  .allowUnknownOption()
  .helpOption(false)
  .action(async (args: string[]) => {
    await withoutSdk();
    const { partsFor, pulumi } = await import("./commands/pulumi.ts");
    process.exitCode = await pulumi(args, await setUp(partsFor(args)));
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
    process.exitCode = await (await import("./commands/release.ts")).release(file, options);
  });

program.commandsGroup("For those who change it:");
const setUpEngine = async () => (await import("./setup/index.ts")).setUpEngine();
tests(program, "test", "check types and style, run the unit tests and every workload's tests in its image", async (words) =>
  (await import("./commands/tests.ts")).allTests(setUpEngine, words),
);
tests(program, "test:unit", "run the unit tests", async (words) =>
  (await import("./commands/tests.ts")).unitTests(async () => PLAIN, words),
);
tests(program, "test:workloads", "run every workload's tests in its image", async (words) =>
  (await import("./commands/tests.ts")).workloadTests(setUpEngine, words),
);
tests(program, "test:integration", "run the tests on the real engine", async (words) =>
  (await import("./commands/tests.ts")).integrationTests(setUp, words),
);
tests(program, "test:kubernetes", "run the tests on a real cluster of this machine", async (words) =>
  (await import("./commands/tests.ts")).kubernetesTests(() => setUp(["core", "kubernetes"]), words),
);

program
  .command("bench")
  .description("measure first deployments, previews and scaling beside Docker Compose, kubectl, or nginx")
  .argument("[what]", "docker (the default), kubernetes, serving, pipeline, or policy")
  .action(async (what: string | undefined) => {
    process.exitCode = await (await import("../bench/index.ts")).bench(what, setUp);
  });
plain(program, "lint", "check types and style", async () => (await import("./commands/lint.ts")).lint(PLAIN));
plain(program, "format", "rewrite the files in the project's style", async () => (await import("./commands/lint.ts")).format(PLAIN));
plain(program, "package", "write the library to dist, as npm pack needs it", async () =>
  (await import("./commands/package.ts")).writePackage(),
);
plain(program, "schema", "write infra/stack.schema.json from the settings' schema", async () =>
  (await import("./commands/schema.ts")).writeSchema(),
);
// For .ci/run: these builds go on beside the tests that need none of them.
plain(
  program,
  "prepare",
  "make what all tests need of this machine, and run nothing",
  async () => (await import("./commands/prepare.ts")).prepare(),
  { hidden: true },
);

try {
  await program.parseAsync();
} catch (error) {
  const problem = problemOf(error);
  if (problem === undefined) throw error;
  // What the user has to know, and no stack trace.
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
