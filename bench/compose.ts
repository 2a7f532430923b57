import { existsSync } from "node:fs";
import { join } from "node:path";

import { cacheFolder, ROOT } from "../tools/lib/folders.ts";
import { compileGo } from "../tools/offline/go.ts";
import versions from "../tools/offline/versions.json" with { type: "json" };
import { type Cost, cost } from "./measure.ts";

const VERSION = versions.compose;

/** Docker Compose of one project; it is built into the cache where it is not there. */
export async function compose(file: string, name: string): Promise<(...args: string[]) => Promise<Cost>> {
  const program = join(cacheFolder(), `compose-${VERSION}`, "docker-compose");
  if (!existsSync(program)) {
    process.stderr.write(`• building docker-compose ${VERSION}, about two minutes\n`);
    const source = join(ROOT, "bench", "compose");
    const variables = { "github.com/docker/compose/v2/internal.Version": `v${VERSION}` };
    await compileGo({ name: "docker-compose", source, target: "github.com/docker/compose/v2/cmd", variables }, program);
  }
  return (...args) => cost(program, ["--file", file, "--project-name", name, ...args], {});
}
