import { existsSync } from "node:fs";
import { join } from "node:path";

import { cacheFolder, ROOT } from "../setup/folders.ts";
import { compileGo } from "../setup/toolchain-build.ts";
import { type Cost, cost } from "./measure.ts";

/** Docker Compose of one project; it is built into the cache where it is not there. */
export async function compose(file: string, name: string): Promise<(...args: string[]) => Promise<Cost>> {
  const program = join(cacheFolder(), "compose-2.40.3", "docker-compose");
  if (!existsSync(program)) {
    process.stderr.write("• building docker-compose 2.40.3, about two minutes\n");
    const source = join(ROOT, "tools", "bench", "compose");
    const ldflags = "-X github.com/docker/compose/v2/internal.Version=v2.40.3";
    await compileGo({ name: "docker-compose", source, target: "github.com/docker/compose/v2/cmd", ldflags }, program);
  }
  return (...args) => cost(program, ["--file", file, "--project-name", name, ...args], {});
}
