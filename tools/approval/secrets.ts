import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { canonical, keyed } from "../../infra/canonical.ts";
import { isEncrypted } from "../../infra/secrets.ts";
import { mustRun } from "../lib/run.ts";
import type { Stack } from "../setup/stack.ts";
import { keyFor } from "./seal.ts";

type Environment = Readonly<Record<string, string>>;

/**
 * A fingerprint of each encrypted value of a settings file, by its path. The same password of two stacks has two fingerprints, and
 * without the passphrase of this machine's state none can be made or tried.
 */
export async function secretFingerprints(stack: Stack, file: string, env: Environment): Promise<Record<string, string>> {
  const { config }: { config?: unknown } = parse(readFileSync(file, "utf8")) ?? {};
  const paths = encryptedPaths(config);
  if (paths.length === 0) return {};
  const words = ["config", "--show-secrets", "--json", "--non-interactive", "--config-file", file, "--stack", stack.name];
  const shown = JSON.parse(await mustRun("secrets", "pulumi", [...words, "--cwd", stack.folder], { env }));
  return fingerprintsIn(paths, shown, keyFor(`secrets of ${stack.project}/${stack.name}`));
}

/** Fingerprints of the values that `pulumi config --show-secrets --json` shows. */
export function fingerprintsIn(paths: readonly (readonly string[])[], shown: unknown, key: string): Record<string, string> {
  return Object.fromEntries(
    paths.map((path) => {
      const [first = "", ...rest] = path;
      const { value, objectValue }: { value?: unknown; objectValue?: unknown } = Object(Reflect.get(Object(shown), first));
      const at = rest.reduce<unknown>((inner, one) => Object(inner)[one], objectValue ?? value);
      return [path.join("."), keyed(key, canonical(at ?? null))];
    }),
  );
}

/** Where a file has encrypted values: keys from the outside in. */
export function encryptedPaths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (isEncrypted(value)) return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => encryptedPaths(inner, [...path, key]));
}
