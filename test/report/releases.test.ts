import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ROOT } from "../../tools/lib/folders.ts";
import { reportOf } from "../../tools/report/making.ts";
import { seenOffline } from "../../tools/report/offline.ts";
import { rendered } from "../../tools/report/rendering.ts";
import type { Report } from "../../tools/report/schema.ts";
import { settingsOf } from "../../tools/settings/settings-of.ts";
import { backendFolder } from "../../tools/setup/backend.ts";
import { RELEASES } from "../fixtures/states/releases.ts";

const STATES = join(ROOT, "test", "fixtures", "states");
const before = process.env["MLSTACK_STATE"];
const home = mkdtempSync(join(tmpdir(), "mlstack-releases-"));
const project = "fraud-detection";

beforeAll(() => {
  process.env["MLSTACK_STATE"] = join(home, "state");
  writeFileSync(join(home, "Pulumi.yaml"), `name: ${project}\n`);
});
afterAll(() => {
  if (before === undefined) delete process.env["MLSTACK_STATE"];
  else process.env["MLSTACK_STATE"] = before;
  rmSync(home, { recursive: true });
});

function textOf(release: string, target: string): string {
  return gunzipSync(readFileSync(join(STATES, `${release}-${target}.json.gz`))).toString();
}

/** The state of a release with today's images, whose sources change with nearly every commit. */
async function reported(release: string, target: "docker" | "kubernetes"): Promise<Report> {
  const stack = { folder: home, project, name: target };
  writeFileSync(join(home, `Pulumi.${target}.yaml`), readFileSync(join(STATES, `${target}.yaml`)));
  const { resources }: { resources: { type: string; urn: string; inputs: { name?: string } }[] } = JSON.parse(textOf(release, target));
  const now = await rendered(stack, settingsOf(stack), new Map());
  const images = now.flatMap(({ declared, opened }) =>
    declared.type.endsWith(":RemoteImage") ? [[declared.name, String(opened["name"])] as const] : [],
  );
  let text = JSON.stringify({ checkpoint: { latest: { resources } } });
  for (const [name, image] of images) {
    const old = resources.find(({ type, urn }) => type.endsWith(":RemoteImage") && urn.endsWith(`::${name}`))?.inputs.name;
    if (old !== undefined) text = text.replaceAll(`"${old}"`, `"${image}"`);
  }
  const folder = join(backendFolder(), ".pulumi", "stacks", project);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${target}.json`), text);
  return reportOf(stack, await seenOffline(stack), "offline");
}

/** What a release's stack meets in today's program, a line for each part, and what is not known. */
function linesOf({ components, findings }: Report): string[] {
  const parts = components.flatMap(({ section, parts: all }) =>
    all.map(({ noun, name, effect }) => `${noun} ${section}/${name}: ${effect}`),
  );
  return [...parts, ...findings.filter(({ kind }) => kind === "unknown").map(({ subject }) => `unknown: ${subject}`)].sort();
}

describe.each(RELEASES)("the state that $release left on $target", ({ release, target, changes }) => {
  test("meets no change, or the ones that are written down with their cause", async () => {
    expect(linesOf(await reported(release, target))).toEqual(Object.keys(changes).sort());
  });

  test("is kept without anything encrypted", () => {
    const encrypted = textOf(release, target).matchAll(/"ciphertext":"([^"]*)"/g);
    expect(new Set([...encrypted].map(([, text]) => text))).toEqual(new Set(["replaced"]));
  });

  test("loses no data", async () => {
    const { findings } = await reported(release, target);
    expect(findings.filter(({ kind }) => kind === "data-loss" || kind === "data-left-behind")).toEqual([]);
  });
});
