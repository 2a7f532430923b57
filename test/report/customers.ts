import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { stackNamesIn } from "../../infra/layers/names.ts";
import { settingsOf } from "../../tools/settings/settings-of.ts";
import { writeState } from "../support/rendered-state.ts";

/** The base of all customers; what a pull request may change of it. */
export const BASE_LAYER = `# What every customer starts from.
config:
  mlstack:platform:
    kind: kubernetes
    production: true
    registry: { address: registry.example.com/shop }
    disruptionBudget: { maxUnavailable: 1 }
    expose: { kind: load-balancer }
  mlstack:features:
    size: 20Gi
    keep: true
    api: { replicas: 2, resources: { cpu: 1, memory: 1Gi } }
    redis: { resources: { cpu: 1, memory: 2Gi } }
    publish: { port: 80 }
  mlstack:serving:
    fraud:
      image: registry.example.com/fraud@sha256:${"a".repeat(64)}
      publish: { port: 81 }
`;

const NAMES = ["acme", "globex", "hooli", "initech", "umbrella", "stark", "wayne", "cyberdyne", "tyrell", "aperture"];

/** A project with so many customers, none of which was ever deployed, in a folder of its own. @returns the folder */
export function customers(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), "mlstack-customers-"));
  mkdirSync(join(folder, "layers"));
  write(folder, "Pulumi.yaml", "name: shop\n");
  write(folder, "layers/base.yaml", BASE_LAYER);
  for (let index = 0; index < count; index++) write(folder, `Pulumi.${nameOf(index)}.yaml`, customerOf(nameOf(index), index));
  return folder;
}

/** Writes a file of the project. */
export function write(folder: string, file: string, text: string): void {
  writeFileSync(join(folder, file), text);
}

/** The customers' states as they are after their settings were deployed, in `MLSTACK_STATE`. */
export async function deployAll(folder: string): Promise<void> {
  for (const name of stackNamesIn(folder)) {
    const stack = { folder, project: "shop", name };
    await writeState(stack, settingsOf(stack));
  }
}

export function nameOf(index: number): string {
  const round = Math.floor(index / NAMES.length);
  return `${NAMES[index % NAMES.length]}${round === 0 ? "" : `-${round + 1}`}`;
}

/** Every third trains, every fourth has more replicas. */
function customerOf(name: string, index: number): string {
  return [
    "config:",
    "  mlstack:extends: base",
    `  mlstack:platform: { namespace: { name: shop-${name}, keep: true } }`,
    ...(index % 4 === 3 ? ["  mlstack:features: { api: { replicas: 4 } }"] : []),
    ...(index % 3 === 2 ? ["  mlstack:training: { nodes: 4 }"] : []),
    "",
  ].join("\n");
}
