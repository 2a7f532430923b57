import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ROOT } from "../../tools/lib/folders.ts";
import { formerOf, nameIn, outputsOf } from "../../tools/report/former.ts";
import { reportOf } from "../../tools/report/making.ts";
import { seenOffline } from "../../tools/report/offline.ts";
import { type Kept, rendered } from "../../tools/report/rendering.ts";
import type { Report } from "../../tools/report/schema.ts";
import type { Outputs } from "../../tools/settings/recording.ts";
import { settingsOf } from "../../tools/settings/settings-of.ts";
import { backendFolder } from "../../tools/setup/backend.ts";
import type { Stack } from "../../tools/setup/stack.ts";
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

/** The state of a release with today's images, whose sources change with nearly every commit, and with what follows from their names alone. */
async function reported(release: string, target: "docker" | "kubernetes"): Promise<Report> {
  const stack = { folder: home, project, name: target };
  writeFileSync(join(home, `Pulumi.${target}.yaml`), readFileSync(join(STATES, `${target}.yaml`)));
  let text = textOf(release, target);
  const replace = (former: string, next: string): void => {
    text = text.replaceAll(`"${former}"`, `"${next}"`);
  };
  const kept: Kept = new Map();
  const render = (outputs?: Outputs) => rendered(stack, settingsOf(stack), kept, outputs === undefined ? {} : { outputs });

  write(stack, text);
  const { resources } = formerOf(stack);
  const then = await render(outputsOf(formerOf(stack), "deployed"));
  for (const { declared, opened } of await render()) {
    const old = [...resources.values()].find(({ type, urn }) => type === declared.type && nameIn(urn) === declared.name)?.inputs?.["name"];
    if (declared.type.endsWith(":RemoteImage") && typeof old === "string") replace(old, String(opened["name"]));
  }
  write(stack, text);
  const now = await render(outputsOf(formerOf(stack), "now"));
  for (const { urn, opened } of now) {
    const former = hashesIn(then.find((one) => one.urn === urn)?.opened);
    for (const [path, hash] of hashesIn(opened)) replace(former.get(path) ?? hash, hash);
  }
  write(stack, text);
  return reportOf(stack, await seenOffline(stack), "offline");
}

function write({ project: name, name: target }: Stack, text: string): void {
  const folder = join(backendFolder(), ".pulumi", "stacks", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${target}.json`), `{"checkpoint":{"latest":${text}}}`);
}

/** Hashes of what work is made of, by their places. */
function hashesIn(value: unknown, path = ""): Map<string, string> {
  if (typeof value === "string") return new Map(/^[0-9a-f]{12}$/.test(value) ? [[path, value]] : []);
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...hashesIn(inner, `${path}/${key}`)]));
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
