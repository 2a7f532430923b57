import { readFileSync } from "node:fs";
import { join } from "node:path";
import { textOf } from "../../infra/layers/path.ts";
import { leaves, plainOf, saidOf } from "../../infra/layers/said.ts";
import { identityOf, imageContents } from "../../infra/platform.ts";
import { replaceSecrets, secretPlaces } from "../../infra/secrets.ts";
import { stackSettings } from "../../infra/stack.ts";
import { ROOT } from "../lib/folders.ts";
import { mustRun } from "../lib/run.ts";
import type { Seen } from "../report/preview.ts";
import type { Report } from "../report/schema.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import { settingsOf } from "../settings/settings-of.ts";
import { checkpointOf } from "../setup/backend.ts";
import { machineFile } from "../setup/settings.ts";
import type { Stack } from "../setup/stack.ts";
import type { Approval } from "./schema.ts";
import { sealed } from "./seal.ts";
import { secretFingerprints } from "./secrets.ts";
import { stepsOf } from "./steps.ts";
import { workingTree } from "./working-tree.ts";

type Environment = Readonly<Record<string, string>>;

/**
 * A report with all that a deployment by approval compares, and its seal.
 *
 * @param settings file with the stack's settings and encrypted secrets
 */
export async function approvable(
  stack: Stack,
  seen: Seen,
  report: Report,
  env: Environment,
  settings = machineFile(stack, "settings"),
): Promise<Report> {
  const { platform } = settingsOf(stack);
  const [secrets, programs, target, contents] = await Promise.all([
    secretFingerprints(stack, settings, env),
    programsFor(report.target, env),
    identityOf(platform),
    imageContents(platform, Object.values(report.compared.images)),
  ]);
  const approval: Approval = {
    made: new Date().toISOString(),
    tree: workingTree(stack.folder),
    deployed: checkpointOf(stack)?.manifest?.time ?? null,
    values: valuesOf(stack),
    secrets,
    programs,
    target,
    contents,
    chance: seen.chance ?? "",
    steps: stepsOf(seen.changes),
    seal: "",
  };
  return sealed({ ...report, approval });
}

/** What the layers of a stack say together, each setting as JSON. */
function valuesOf(stack: Stack): Record<string, string> {
  const { values } = resolvedSettings(stack, stackSettings);
  const open = replaceSecrets(values, secretPlaces(stackSettings), () => "(secret)");
  const said = leaves(saidOf(open)).map(({ path, said: one }): [string, string] => [textOf(path), JSON.stringify(plainOf(one) ?? null)]);
  return Object.fromEntries(said.sort(([one], [other]) => (one < other ? -1 : 1)));
}

let pulumi: Promise<string> | undefined;

async function programsFor(target: Report["target"], env: Environment): Promise<Record<string, string>> {
  pulumi ??= mustRun("version", "pulumi", ["version"], { env });
  const provider = `@pulumi/${target}`;
  return {
    mlstack: versionIn(ROOT),
    pulumi: (await pulumi).trim().replace(/^v/, ""),
    "@pulumi/pulumi": versionIn(join(ROOT, "node_modules", "@pulumi", "pulumi")),
    [provider]: versionIn(join(ROOT, "node_modules", provider)),
    node: process.versions.node,
  };
}

function versionIn(folder: string): string {
  const { version }: { version?: unknown } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return String(version);
}
