import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";

import { made, stateFolder } from "./folders.ts";
import { Problem } from "./problem.ts";
import { mustRun, run } from "./run.ts";
import { step, type Tell } from "./step.ts";

/** What the workload images are built on where a registry can be reached. */
const OFFICIAL = "debian:bookworm-slim";
/** The same distribution, put together from Debian's packages. */
const OWN = "mlstack/base:bookworm";
/** Longest time, in milliseconds, for the registry's first answer; and how long its silence is remembered. */
const FIRST_ANSWER = 20_000;
const REMEMBERED = 24 * 3_600_000;

const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** The Debian 12 image to build on, for `MLSTACK_BASE_IMAGE`: the official one, else one made from Debian's packages. */
export function baseImage(): Promise<string> {
  return step("base image", async (tell) => {
    const given = process.env["MLSTACK_BASE_IMAGE"];
    if (given !== undefined) return { said: `${given}, as MLSTACK_BASE_IMAGE says`, value: given };
    for (const present of [OFFICIAL, OWN]) if (await isPresent(present)) return { said: present, value: present };
    if (await pulled(tell)) return { said: `${OFFICIAL}, pulled`, value: OFFICIAL };
    await build(tell);
    return { said: `${OWN}, made from Debian's packages, since no image registry answers`, value: OWN };
  });
}

async function isPresent(image: string): Promise<boolean> {
  return new Docker()
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    );
}

async function pulled(tell: Tell): Promise<boolean> {
  const silent = join(made(stateFolder()), "no-registry");
  if (existsSync(silent) && Date.now() - statSync(silent).mtimeMs < REMEMBERED) return false;
  tell(`pulling ${OFFICIAL}`);
  const docker = new Docker();
  try {
    const stream = await docker.pull(OFFICIAL, { abortSignal: AbortSignal.timeout(FIRST_ANSWER) });
    await new Promise<void>((resolve, reject) => docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())));
    return await isPresent(OFFICIAL);
  } catch {
    writeFileSync(silent, "");
    return false;
  }
}

async function build(tell: Tell): Promise<void> {
  if ((await run("debootstrap", ["--version"])).code !== 0) await installDebootstrap(tell);
  const folder = mkdtempSync(join(tmpdir(), "mlstack-base-"));
  try {
    tell("debootstrap bookworm, about a minute");
    await mustRun("base image", "debootstrap", ["--variant=minbase", "--include=ca-certificates", "bookworm", folder]);
    for (const leftover of ["var/cache/apt/archives", "var/lib/apt/lists"]) emptied(join(folder, leftover));
    // A company's proxy signs with a certificate of its own: what this machine trusts, builds must trust.
    if (existsSync(CERTIFICATES)) writeFileSync(join(folder, CERTIFICATES), readFileSync(CERTIFICATES));
    tell("importing");
    const [repo = "", tag = ""] = OWN.split(":");
    const archive = `${folder}.tar`;
    await mustRun("base image", "tar", ["-C", folder, "-cf", archive, "."]);
    await imported(archive, repo, tag);
    rmSync(archive);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What debootstrap downloaded is a quarter of the image, and no build needs it. */
function emptied(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

/** Through the engine's interface, so that no `docker` command has to be installed. */
async function imported(archive: string, repo: string, tag: string): Promise<void> {
  const docker = new Docker();
  const changes = [`ENV SSL_CERT_FILE=${CERTIFICATES} PIP_CERT=${CERTIFICATES}`, "LABEL dev.mlstack.base=1", 'CMD ["bash"]'];
  const stream = await docker.importImage(archive, { repo, tag, changes });
  await new Promise<void>((resolve, reject) => docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())));
}

async function installDebootstrap(tell: Tell): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    throw new Problem(
      `no image registry answers, and debootstrap is not installed. Install it (sudo apt-get install debootstrap), or name a Debian 12 image in MLSTACK_BASE_IMAGE.`,
    );
  }
  tell("installing debootstrap");
  await mustRun("base image", "apt-get", ["update", "-qq"]);
  await mustRun("base image", "apt-get", ["install", "-y", "-qq", "--no-install-recommends", "debootstrap"], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
  });
}
