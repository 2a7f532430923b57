import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";

import { clientOptions } from "../../components/docker/client-options.ts";
import { Problem } from "../lib/problem.ts";
import { mustRun, run } from "../lib/run.ts";
import type { Report } from "../lib/step.ts";

const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** Puts Debian 12 together from its packages and gives it to the engine as `image`. @throws Problem where debootstrap cannot be had */
export async function bootstrapImage(image: string, report: Report): Promise<void> {
  if ((await run("debootstrap", ["--version"])).code !== 0) await installDebootstrap(report);
  const folder = mkdtempSync(join(tmpdir(), "mlstack-base-"));
  const archive = `${folder}.tar`;
  try {
    report("debootstrap bookworm, about a minute");
    await mustRun("base image", "debootstrap", ["--variant=minbase", "--include=ca-certificates", "bookworm", folder]);
    for (const leftover of ["var/cache/apt/archives", "var/lib/apt/lists"]) empty(join(folder, leftover));
    // A company's proxy signs with a certificate of its own: what this machine trusts, builds must trust.
    if (existsSync(CERTIFICATES)) writeFileSync(join(folder, CERTIFICATES), readFileSync(CERTIFICATES));
    report("importing");
    await mustRun("base image", "tar", ["-C", folder, "-cf", archive, "."]);
    await importArchive(archive, image);
  } finally {
    rmSync(archive, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What debootstrap downloaded is a quarter of the image, and no build needs it. */
function empty(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

/** Through the engine's interface, so that no `docker` command has to be installed. */
async function importArchive(archive: string, image: string): Promise<void> {
  const docker = new Docker(clientOptions());
  const [repo = "", tag = ""] = image.split(":");
  const changes = [`ENV SSL_CERT_FILE=${CERTIFICATES} PIP_CERT=${CERTIFICATES}`, "LABEL dev.mlstack.base=1", 'CMD ["bash"]'];
  const stream = await docker.importImage(archive, { repo, tag, changes });
  await new Promise<void>((resolve, reject) => docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())));
}

async function installDebootstrap(report: Report): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    throw new Problem(
      `no image registry answers, and debootstrap is not installed. Install it (sudo apt-get install debootstrap), or name a Debian 12 image in MLSTACK_BASE_IMAGE.`,
    );
  }
  report("installing debootstrap");
  await mustRun("base image", "apt-get", ["update", "-qq"]);
  await mustRun("base image", "apt-get", ["install", "-y", "-qq", "--no-install-recommends", "debootstrap"], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
  });
}
