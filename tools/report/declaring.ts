import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { stackNamesIn } from "../../infra/layers/names.ts";
import { changesOn } from "../../infra/platform.ts";
import { ROOT } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { settingsOf } from "../settings/settings-of.ts";
import { asJson } from "../settings/table.ts";
import { projectIn, type Selection, type Stack, selectFolder } from "../setup/stack.ts";
import { type Kept, rendered } from "./rendering.ts";

/** What stands for all that a stack declares, images and their sources included; the mistakes of one that cannot be declared. */
export type Declarations = Readonly<Record<string, string>>;

/** Folder of the copies of an image's sources: the image's tag stands for what is in it. */
const COPY = /\/sources\/[0-9a-f]{16}/g;

/**
 * Prints for each stack of a folder what stands for all that it declares: equal for two trees exactly where their programs, settings
 * and images come to the same.
 *
 * @param file keeps what programs draw at random, so that two trees draw the same: read where it exists, else written
 */
export async function declare(selection: Selection, file: string): Promise<number> {
  const folder = selectFolder(selection);
  const project = projectIn(folder);
  const given: Readonly<Record<string, object>> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const drawn: Record<string, object> = {};
  const all: Record<string, string> = {};
  for (const name of stackNamesIn(folder)) {
    const kept: Kept = new Map(Object.entries(given[name] ?? {}));
    all[name] = await declarationOf({ folder, project, name }, kept);
    drawn[name] = Object.fromEntries(kept);
  }
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(drawn), { mode: 0o600 });
  process.stdout.write(asJson(all));
  return 0;
}

async function declarationOf(stack: Stack, kept: Kept): Promise<string> {
  try {
    const settings = settingsOf(stack);
    const rules = await changesOn(settings.platform.kind);
    // What the engine keeps is drawn at random, and counts where it is used.
    const own = (await rendered(stack, settings, kept)).filter(({ declared }) => !declared.type.startsWith("pulumi:"));
    const all = own.map(({ urn, declared, opened }) => [urn, declared.retained, rules.comparable({ ...declared, inputs: opened })]);
    const text = JSON.stringify(all).replaceAll(COPY, "").replaceAll(ROOT, "");
    return createHash("sha256").update(text).digest("hex");
  } catch (error) {
    if (error instanceof Problem) return error.message.replaceAll(ROOT, "");
    throw error;
  }
}
