import { createWriteStream, existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { cacheFolder, ensureFolder, stateFolder } from "../lib/folders.ts";
import { mustRun } from "../lib/run.ts";
import type { Report } from "../lib/step.ts";
import versions from "../offline/versions.json" with { type: "json" };

/** Longest time, in milliseconds, until the first byte; and how long a silence is remembered. */
const FIRST_BYTE = 20_000;
const REMEMBERED = 24 * 3_600_000;

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "x64", arm64: "arm64" };

/** Folder of Pulumi's own release, where it was downloaded before. */
export function downloaded(): string | undefined {
  const programs = join(releaseFolder(), "pulumi");
  return existsSync(join(programs, "pulumi")) ? programs : undefined;
}

/** Downloads Pulumi's own release into the cache; undefined where it cannot be fetched. */
export async function download(report: Report, origin = "https://get.pulumi.com/releases/sdk"): Promise<string | undefined> {
  const silent = join(ensureFolder(stateFolder()), "no-download");
  if (existsSync(silent) && Date.now() - statSync(silent).mtimeMs < REMEMBERED) return undefined;

  const name = `pulumi-v${versions.pulumi}-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}.tar.gz`;
  report(`downloading ${name}`);
  const answer = await firstByte(`${origin}/${name}`);
  if (answer?.body == null) {
    writeFileSync(silent, "");
    return undefined;
  }
  const unfinished = ensureFolder(`${releaseFolder()}.part`);
  const archive = join(unfinished, name);
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(archive));
  await mustRun("Pulumi", "tar", ["-xzf", archive, "-C", unfinished]);
  rmSync(archive);
  rmSync(releaseFolder(), { recursive: true, force: true });
  renameSync(unfinished, releaseFolder());
  return downloaded();
}

function releaseFolder(): string {
  return join(cacheFolder(), `pulumi-${versions.pulumi}`);
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
