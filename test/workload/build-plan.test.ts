import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { parseDockerfile } from "../../components/workload/build/dockerfile.ts";
import { planOf } from "../../components/workload/build/tag.ts";

/** Stages of a workload's Dockerfile that are shipped, with the context it is built from. */
const shipped = readdirSync("workloads")
  .filter((folder) => existsSync(`workloads/${folder}/Dockerfile`))
  .flatMap((folder) => {
    const text = readFileSync(`workloads/${folder}/Dockerfile`, "utf8");
    const shared = text.includes("Context: workloads/") || text.includes(`COPY ${folder}/`);
    const where = shared
      ? { context: "workloads", dockerfile: `${folder}/Dockerfile` }
      : { context: `workloads/${folder}`, dockerfile: "Dockerfile" };
    const names = parseDockerfile(text)?.stages.flatMap(({ name }) => name ?? []) ?? [];
    return names.filter((name) => /^(runtime|dev)/.test(name)).map((target) => ({ folder, target, shared, ...where, args: {} }));
  });

test("every workload ships at least one stage", () => expect(shipped.length).toBeGreaterThanOrEqual(13));

describe.each(shipped)("the image $folder, $target", ({ folder, shared, ...build }) => {
  const paths = planOf(build).read.map(({ path }) => path);

  test("reads its own folder and the shared ones alone, and no test", () => {
    const own = shared ? new RegExp(`^(${folder}|common|python)/`) : /^[a-z_-]+\//;
    expect(paths.filter((path) => !own.test(path) || /(^|\/)tests?[/_.]/.test(path))).toEqual([]);
  });
});
