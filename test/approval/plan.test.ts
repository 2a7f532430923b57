import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { loosenPlan } from "../../tools/approval/plan.ts";

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:x:y" };
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-plan-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a plan allows any value where it has a secret one, and holds all others", () => {
  const file = join(folder, "plan.json");
  const container = {
    goal: {
      type: "container",
      inputDiff: { adds: { image: "api:1", envs: SECRET, ports: [{ internal: 80 }, SECRET] }, deletes: ["user"] },
    },
    steps: ["create"],
    state: { envs: SECRET },
  };
  writeFileSync(
    file,
    JSON.stringify({ manifest: { time: "now" }, config: { token: "x" }, resourcePlans: { api: container, gone: { steps: ["delete"] } } }),
  );
  loosenPlan(file);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    manifest: { time: "now" },
    config: { token: "x" },
    resourcePlans: {
      api: {
        ...container,
        goal: {
          type: "container",
          inputDiff: { adds: { image: "api:1", envs: UNKNOWN, ports: [{ internal: 80 }, UNKNOWN] }, deletes: ["user"] },
        },
      },
      gone: { steps: ["delete"] },
    },
  });
});
