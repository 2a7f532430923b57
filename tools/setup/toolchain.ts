import { existsSync } from "node:fs";
import { join } from "node:path";
import { lt } from "semver";

import { run } from "../lib/run.ts";
import { alone, type Report, step } from "../lib/step.ts";
import { buildPrograms, builtPath, isBuilt, type Part } from "../offline/programs.ts";
import { download, downloaded } from "./download.ts";

export type { Part };

/** Oldest Pulumi whose engine has the resource hooks that the Docker adapter uses. */
const OLDEST = "3.238.0";

/** Where the programs are. */
export interface Toolchain {
  /** Folders that go before PATH. */
  readonly path: readonly string[];
  /** Whether the engine may fetch plugins by itself; false where nothing can be downloaded. */
  readonly fetchesPlugins: boolean;
}

interface Found {
  readonly summary: string;
  readonly value: Toolchain;
}

/** Pulumi and its plugins: those on PATH, else Pulumi's own download, else a build from Go modules. */
export function toolchain(parts: readonly Part[]): Promise<Toolchain> {
  return step<Toolchain>("Pulumi", async (report) => {
    // Under the variables of `npm run env` the one on PATH is the one built here.
    const onPath = (process.env["PATH"] ?? "").split(":");
    const present = onPath.includes(builtPath()) ? undefined : await versionOf("pulumi");
    if (present !== undefined && !isTooOld(present)) {
      return { summary: `${present} on PATH, plugins by its own download`, value: { path: [], fetchesPlugins: true } };
    }
    if (isBuilt(parts)) return built();
    const folder = downloaded();
    return folder === undefined ? make(parts, report) : fetched(folder);
  });
}

/** Each part under a lock of its own: who needs the first does not wait for the second. */
async function make(parts: readonly Part[], report: Report): Promise<Found> {
  const folder = await alone("download", report, async () => downloaded() ?? (await download(report)));
  if (folder !== undefined) return fetched(folder);
  // Another command may have built a part while this one waited.
  for (const part of parts) await alone(`build-${part}`, report, () => buildPrograms([part], report));
  return built();
}

async function built(): Promise<Found> {
  const path = builtPath();
  return { summary: `${await versionOf(join(path, "pulumi"))}, built from Go modules`, value: { path: [path], fetchesPlugins: false } };
}

async function fetched(folder: string): Promise<Found> {
  return { summary: `${await versionOf(join(folder, "pulumi"))}, downloaded`, value: { path: [folder], fetchesPlugins: true } };
}

/** The version that a `pulumi` program reports, without the `v`; undefined when there is none. */
async function versionOf(program: string): Promise<string | undefined> {
  if (program.includes("/") && !existsSync(program)) return undefined;
  const { code, text } = await run(program, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
  return code === 0 ? /v?(\d+\.\d+\.\d+)/.exec(text)?.[1] : undefined;
}

/** Whether a version of Pulumi, `major.minor.patch`, comes before the oldest that can be used. */
export function isTooOld(version: string, oldest = OLDEST): boolean {
  return lt(version, oldest);
}
