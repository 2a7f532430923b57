import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname, release } from "node:os";
import { join } from "node:path";

import type { Mistake } from "../../components/workload/mistakes.ts";
import { Problem } from "../lib/problem.ts";
import type { Platform } from "./definition.ts";
import type { Docker } from "./docker-client.ts";
import type { Source } from "./source.ts";

/** What decides which platforms an engine can build for. */
export interface Engine {
  /** What it runs by itself. */
  readonly platform: string;
  /** Whether it is this machine's, so that its handlers of foreign programs can be seen. */
  readonly local: boolean;
}

const HANDLERS = "/proc/sys/fs/binfmt_misc";
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };
/** How a program file (ELF) begins, up to the field that says which processor it is for. */
const MAGIC: Readonly<Record<Platform, string>> = { "linux/amd64": "7f454c46[0-9a-f]{28}3e00", "linux/arm64": "7f454c46[0-9a-f]{28}b700" };

/** How builds for a foreign platform are made possible. */
export const REMEDY =
  "sudo apt-get install -y qemu-user-static binfmt-support (elsewhere: docker run --privileged --rm tonistiigi/binfmt --install all)";

/** The engine that the `docker` command speaks to. @throws Problem when there is no command, or no engine answers. */
export async function engineOf(docker: Docker): Promise<Engine> {
  const { code, out, text } = await docker.ask(["info", "--format", "{{json .}}"]);
  if (code === 127) throw new Problem("the docker command is not there; install it: sudo apt-get install docker.io");
  if (code !== 0)
    throw new Problem(`no Docker engine answers: ${text.trim().split("\n").at(-1)}; start it, or set DOCKER_HOST (npm start sets one up)`);
  const info: { OSType?: string; Architecture?: string; Name?: string; KernelVersion?: string } = JSON.parse(out);
  const { OSType = "linux", Architecture = "" } = info;
  return {
    platform: `${OSType}/${ARCHITECTURES[Architecture] ?? Architecture}`,
    local: info.Name === hostname() && info.KernelVersion === release(),
  };
}

/**
 * Platforms for which a program of an image would have to run while it is built, which the engine cannot do. An engine
 * elsewhere is not asked: its build says so itself.
 */
export function platformMistakes(
  platforms: readonly Platform[],
  images: readonly Source[],
  engine: Engine,
  handlers: string = HANDLERS,
): Mistake[] {
  const running = images.filter(({ stages }) => stages.some(({ runs }) => runs)).map(({ name }) => name);
  if (!engine.local || running.length === 0) return [];
  return platforms.flatMap((platform, index) =>
    platform === engine.platform || hasHandler(platform, handlers)
      ? []
      : [
          {
            path: `platforms[${index}]`,
            message: `this engine (${engine.platform}) cannot run programs of ${platform}, which the build of ${running.join(", ")} needs; install QEMU's handlers: ${REMEDY}`,
          },
        ],
  );
}

/** Whether the kernel hands programs of that platform to an emulator, inside containers too: the flag F holds its file open. */
function hasHandler(platform: Platform, folder: string): boolean {
  if (!existsSync(join(folder, "status"))) return false;
  return readdirSync(folder)
    .filter((name) => !["register", "status"].includes(name))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .some((entry) =>
      [/^enabled$/m, /^flags: \S*F/m, /^offset 0$/m, new RegExp(`^magic ${MAGIC[platform]}`, "m")].every((line) => line.test(entry)),
    );
}
