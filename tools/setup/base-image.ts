import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";

import { clientOptions } from "../../components/docker/client-options.ts";
import { ensureFolder, stateFolder } from "../lib/folders.ts";
import { alone, type Report, step } from "../lib/step.ts";
import { bootstrapImage } from "../offline/debootstrap.ts";

/** What the workload images are built on where a registry can be reached. */
const OFFICIAL = "debian:bookworm-slim";
/** The same distribution, put together from Debian's packages. */
const OWN = "mlstack/base:bookworm";
/** Longest time, in milliseconds, for the registry's first answer; and how long its silence is remembered. */
const FIRST_ANSWER = 20_000;
const REMEMBERED = 24 * 3_600_000;

interface Found {
  readonly summary: string;
  readonly value: string;
}

/** The Debian 12 image to build on, for `MLSTACK_BASE_IMAGE`: the official one, else one made from Debian's packages. */
export function baseImage(): Promise<string> {
  return step("base image", async (report) => {
    const given = process.env["MLSTACK_BASE_IMAGE"];
    if (given !== undefined) return { summary: `${given}, as MLSTACK_BASE_IMAGE says`, value: given };
    return (await present()) ?? alone("base-image", report, async () => (await present()) ?? make(report));
  });
}

async function present(): Promise<Found | undefined> {
  for (const image of [OFFICIAL, OWN]) if (await isPresent(image)) return { summary: image, value: image };
  return undefined;
}

async function make(report: Report): Promise<Found> {
  if (await isPulled(report)) return { summary: `${OFFICIAL}, pulled`, value: OFFICIAL };
  await bootstrapImage(OWN, report);
  return { summary: `${OWN}, made from Debian's packages, since no image registry answers`, value: OWN };
}

async function isPresent(image: string): Promise<boolean> {
  return new Docker(clientOptions())
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    );
}

async function isPulled(report: Report): Promise<boolean> {
  const silent = join(ensureFolder(stateFolder()), "no-registry");
  if (existsSync(silent) && Date.now() - statSync(silent).mtimeMs < REMEMBERED) return false;
  report(`pulling ${OFFICIAL}`);
  const docker = new Docker(clientOptions());
  try {
    const stream = await docker.pull(OFFICIAL, { abortSignal: AbortSignal.timeout(FIRST_ANSWER) });
    await new Promise<void>((resolve, reject) => docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())));
    return await isPresent(OFFICIAL);
  } catch {
    writeFileSync(silent, "");
    return false;
  }
}
