import type { Command } from "commander";

import type { ApplyOptions } from "./commands/apply.ts";
import type { CommentOptions } from "./commands/comment.ts";
import type { ReportOptions, SetUp } from "./commands/report.ts";

/** The commands that say what a deployment will do, show it to others, and deploy what was shown. */
export function reportCommands(program: Command, setUp: SetUp, withoutSdk: () => Promise<void>): void {
  program
    .command("report")
    .description("say what the next deployment of a stack will do: dangers first, then sums, and what changes by part")
    .argument("[example]", "a folder of examples/; default: this project's own program")
    .option("-s, --stack <name>", "default: dev for this project, docker for an example; several by a pattern, e.g. 'eu-*'")
    .option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving")
    .option("--all", "every stack of the project at once, equal changes together")
    .option("--changed-since <commit>", "only stacks whose settings, program or images differ from those of a commit")
    .option("--since <commit>", "the same")
    .option("--markdown", "for a comment; it always fits")
    .option("--json", "for machines: docs/report.md has the format")
    .option("--offline", "without an engine or a cluster, against the last state")
    .option("--fail-on <kind>", "exit code 2 where there is a finding of this kind, or a worse one")
    .option("--policy <folder>", "check the rules of a policy pack, e.g. policy; a mandatory violation fails the report")
    .option("--policy-config <file>", "a company's settings of the pack")
    .action(async (example: string | undefined, { since, ...options }: ReportOptions & { since?: string }) => {
      const changed = since === undefined ? {} : { changedSince: since };
      // Of fifty stacks, the SDK's notes for those who look for its leaks are most of the time and memory.
      await import("../infra/lean-sdk.ts");
      process.exitCode = await (await import("./commands/report.ts")).report({ ...changed, ...options, example }, setUp);
    });
  program
    .command("apply")
    .description("deploy what a report shows and nothing else; what moved since then is refused and said: apply -- --approved report.json")
    .argument("[example]", "a folder of examples/; default: this project's own program")
    .requiredOption("--approved <file>", "what `report --json` printed, of one stack or of several")
    .option("-s, --stack <name>", "of the stacks in it, only these; several by a pattern, e.g. 'eu-*'")
    .option("-C, --cwd <folder>", "folder of the Pulumi project, e.g. examples/model-serving")
    .option("--max-age <hours>", "how long a report holds", "24")
    .action(async (example: string | undefined, options: ApplyOptions) => {
      process.exitCode = await (await import("./commands/apply.ts")).apply({ ...options, example }, setUp);
    });
  program
    .command("comment")
    .description("show what `report --json` printed as the one comment of a GitHub pull request, and in the summary of a workflow's step")
    .argument("<file>", "e.g. report.json")
    .option("--pull-request <number>", "default: that of the workflow's event")
    .option("--repository <owner/name>", "default: GITHUB_REPOSITORY")
    .option("--author <login>", "who writes with GITHUB_TOKEN; default: github-actions[bot] in a workflow, else the token's user")
    .action(async (file: string, options: CommentOptions) => {
      await withoutSdk();
      process.exitCode = await (await import("./commands/comment.ts")).comment(file, options);
    });
}
