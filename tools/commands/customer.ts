import { existsSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { isTTY, text } from "@clack/prompts";
import { parse } from "yaml";

import { dnsLabel } from "../../components/workload/index.ts";
import { checkFiles } from "../../infra/check.ts";
import { filesIn } from "../../infra/layers/disk.ts";
import { writtenIn } from "../../infra/layers/file.ts";
import { layerOf } from "../../infra/layers/layer.ts";
import { mistakeText } from "../../infra/layers/mistake-text.ts";
import { stackNamesIn } from "../../infra/layers/names.ts";
import { pathOf, textOf } from "../../infra/layers/path.ts";
import { type Resolved, resolveLayers } from "../../infra/layers/resolve.ts";
import { settingAt, unknownSetting } from "../../infra/layers/setting.ts";
import { SCHEMA } from "../../infra/schema.ts";
import { stackSettings } from "../../infra/stack.ts";
import { Problem } from "../lib/problem.ts";
import { customerFile, mustDiffer, type Own } from "../settings/customer-file.ts";
import { valuesOf } from "../settings/explanation.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import { missingSecrets } from "../setup/missing-secrets.ts";
import { generateSecrets } from "../setup/secrets.ts";
import { ensureStack } from "../setup/settings.ts";
import {
  optionsOf,
  projectIn,
  refuseUnknownLayer,
  type Selection,
  type Stack,
  selectFolder,
  trackedFile,
  wordsOf,
} from "../setup/stack.ts";
import type { Part } from "../setup/toolchain.ts";
import { partsOf } from "./pulumi.ts";

interface Options extends Selection {
  readonly from: string;
  /** `setting=value` each. */
  readonly set: readonly string[];
}

type SetUp = (parts: readonly Part[]) => Promise<Record<string, string>>;

/** Writes the stack of a new customer, checks it before anything is written, and creates it with the secrets it needs. */
export async function newCustomer(word: string, name: string, { from, set, ...selection }: Options, setUp: SetUp): Promise<number> {
  if (word !== "new")
    throw new Problem(`customer takes the word new, got "${word}"; for example npm run customer -- new ${name} --from ${from}`);
  const folder = selectFolder(selection);
  const stack = { folder, project: projectIn(folder), name };
  mustBeNew(stack);
  refuseUnknownLayer(folder, from);
  const given = set.map(ownOf);
  const proposed = mustDiffer(
    name,
    stack.project,
    settingsOf(resolvedAs(stack, customerFile(name, from, [], ""))),
    others(folder, stack.project),
  );
  const open = proposed.filter(({ path }) => !given.some((one) => textOf(one.path) === textOf(path)));
  const file = customerFile(name, from, [...(isTTY(process.stdout) ? await asked(open) : open), ...given], schemaFrom(folder));
  const resolved = resolvedAs(stack, file);
  const { mistakes } = checkFiles(stackSettings, resolved);
  if (mistakes.length > 0) throw new Problem(mistakeText(`Pulumi.${name}.yaml (not written)`, mistakes, resolved.positionOf));
  writeFileSync(trackedFile(stack), file);
  process.stdout.write(`${file}\n`);

  const env = await setUp(partsOf(stack));
  await ensureStack(stack, env);
  await generateSecrets(stack, env, await missingSecrets());
  process.stdout.write(nextSteps(stack));
  return 0;
}

function mustBeNew(stack: Stack): void {
  const valid = dnsLabel.safeParse(stack.name);
  if (!valid.success) throw new Problem(`"${stack.name}" cannot name a stack: ${valid.error.issues[0]?.message ?? ""}`);
  if (existsSync(trackedFile(stack))) throw new Problem(`Pulumi.${stack.name}.yaml exists; edit it, or choose another name`);
}

/** `features.api.replicas=4`, with the value as YAML has it. */
function ownOf(text: string): Own {
  const [, setting = "", value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (setting === "") throw new Problem(`--set takes setting=value, got "${text}"; for example --set features.api.replicas=4`);
  const path = pathOf(setting);
  if (settingAt(stackSettings, path) === undefined) throw new Problem(unknownSetting(stackSettings, path));
  return { path, value: parse(value) };
}

/** Asks for each value that has to differ; the proposal is free among this project's stacks. */
async function asked(proposed: readonly Own[]): Promise<Own[]> {
  const answers: Own[] = [];
  for (const { path, value } of proposed) {
    const answer = await text({ message: textOf(path), initialValue: String(value) });
    if (typeof answer !== "string") throw new Problem("nothing was written");
    answers.push({ path, value: typeof value === "number" ? parse(answer) : answer });
  }
  return answers;
}

/** The settings that a stack's file of that text would have. */
function resolvedAs({ folder, project, name }: Stack, text: string): Resolved {
  const written = writtenIn(text, { name, file: `Pulumi.${name}.yaml`, folder, isInherited: false, project });
  return resolveLayers(layerOf(written), filesIn({ root: folder, name: project }), stackSettings, folder);
}

function others(folder: string, project: string): Record<string, unknown>[] {
  return stackNamesIn(folder).map((name) => settingsOf(resolvedSettings({ folder, project, name }, stackSettings)));
}

function settingsOf(resolved: Resolved): Record<string, unknown> {
  return valuesOf(stackSettings, resolved) as Record<string, unknown>;
}

function schemaFrom(folder: string): string {
  const path = relative(folder, SCHEMA.pathname);
  return path.startsWith("..") ? path : `./${path}`;
}

function nextSteps(stack: Stack): string {
  const words = wordsOf(stack);
  return [
    "",
    `What it has:   npm run explain -- ${optionsOf(stack)}`,
    `What it does:  npm run pulumi -- preview ${optionsOf(stack)}`,
    `Deploy it:     npm start -- ${words}`,
    "",
  ].join("\n");
}
