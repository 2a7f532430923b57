import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { SECRET_VALUE } from "../../components/workload/change.ts";
import { DEPLOYED } from "../../infra/deployed.ts";
import { replaceSecrets, secretPlaces } from "../../infra/secrets.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { type Rendering, rendered } from "../../tools/report/rendering.ts";
import { backendFolder } from "../../tools/setup/backend.ts";
import type { Stack } from "../../tools/setup/stack.ts";

/** As a state shows that a value is encrypted. */
const ENCRYPTED = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:not:readable" };

/** Writes the state that a deployment of these settings would leave, without one. */
export async function writeState(stack: Stack, settings: StackSettings): Promise<void> {
  const all = await rendered(stack, settings, new Map(), {
    outputs: (type, _, { name }) =>
      type === "docker:index/registryImage:RegistryImage" ? { sha256Digest: `sha256:${digest(String(name))}` } : undefined,
  });
  const said: unknown = replaceSecrets(settings, secretPlaces(stackSettings), () => SECRET_VALUE);
  const root = { type: "pulumi:pulumi:Stack", urn: urnOf(stack, ["pulumi:pulumi:Stack"], `${stack.project}-${stack.name}`), outputs: {} };
  const deployed = { type: DEPLOYED.type, urn: urnOf(stack, [DEPLOYED.type], DEPLOYED.name), outputs: { settings: said } };
  const resources = [root, ...all.map((one) => resourceOf(stack, one)), deployed];
  const file = join(backendFolder(), ".pulumi", "stacks", stack.project, `${stack.name}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ checkpoint: { latest: { resources } } }));
}

function resourceOf(stack: Stack, { urn, declared, opened }: Rendering): object {
  const { type, within, under, inputs, retained } = declared;
  const shown = Object.entries(opened).map(([key, value]) => [key, isDeepStrictEqual(value, inputs[key]) ? value : ENCRYPTED] as const);
  return {
    type,
    urn,
    ...(within.length === 0 ? {} : { parent: urnOf(stack, within, under.at(-1) ?? "") }),
    ...(retained ? { retainOnDelete: true } : {}),
    inputs: Object.fromEntries(shown),
    outputs: type.endsWith(":RegistryImage") ? { sha256Digest: opened["sha256Digest"] } : {},
  };
}

function urnOf({ name: stack, project }: Stack, types: readonly string[], name: string): string {
  return `urn:pulumi:${stack}::${project}::${types.join("$")}::${name}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
