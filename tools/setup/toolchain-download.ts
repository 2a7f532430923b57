import { createWriteStream, existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { cacheFolder, made, stateFolder } from "./folders.ts";
import { mustRun } from "./run.ts";
import type { Tell } from "./step.ts";

/** Version of Pulumi that the project is tried with. */
export const PULUMI = "3.250.0";

/** Longest time, in milliseconds, until the first byte; and how long a silence is remembered. */
const FIRST_BYTE = 20_000;
const REMEMBERED = 24 * 3_600_000;

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "x64", arm64: "arm64" };

/** Pulumi's own release in the cache folder; undefined where it cannot be fetched. */
export async function download(tell: Tell, origin = "https://get.pulumi.com/releases/sdk"): Promise<string | undefined> {
  const folder = join(cacheFolder(), `pulumi-${PULUMI}`);
  const programs = join(folder, "pulumi");
  if (existsSync(join(programs, "pulumi"))) return programs;
  const silent = join(made(stateFolder()), "no-download");
  if (existsSync(silent) && Date.now() - statSync(silent).mtimeMs < REMEMBERED) return undefined;

  const name = `pulumi-v${PULUMI}-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}.tar.gz`;
  tell(`downloading ${name}`);
  const answer = await firstByte(`${origin}/${name}`);
  if (answer?.body == null) {
    writeFileSync(silent, "");
    return undefined;
  }
  const unfinished = made(`${folder}.part`);
  const archive = join(unfinished, name);
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(archive));
  await mustRun("Pulumi", "tar", ["-xzf", archive, "-C", unfinished]);
  rmSync(archive);
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
  return programs;
}

/** The answer, if it begins in time and is the file; no limit holds for the rest of it. */
async function firstByte(url: string): Promise<Response | undefined> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), FIRST_BYTE);
  try {
    const answer = await fetch(url, { signal: limit.signal });
    return answer.ok ? answer : undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
