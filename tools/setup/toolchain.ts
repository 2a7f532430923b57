import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";
import { step } from "./step.ts";
import { build, builtPath, type Part } from "./toolchain-build.ts";
import { download } from "./toolchain-download.ts";

/** Oldest Pulumi whose engine has the resource hooks that the Docker adapter uses. */
export const OLDEST = "3.238.0";

/** Where the programs are. */
export interface Toolchain {
  /** Folders that go before PATH. */
  readonly path: readonly string[];
  /** Whether the engine may fetch plugins by itself; false where nothing can be downloaded. */
  readonly fetchesPlugins: boolean;
}

/** Pulumi and its plugins: those on PATH, else Pulumi's own download, else a build from Go modules. */
export function toolchain(parts: readonly Part[]): Promise<Toolchain> {
  return step<Toolchain>("Pulumi", async (tell) => {
    const built = await build.present(parts);
    // Under the variables of `npm run env` the one on PATH is the one built here.
    const onPath = (process.env["PATH"] ?? "").split(":");
    const builtIsOnPath = onPath.includes(builtPath());
    const present = builtIsOnPath ? undefined : await versionOf("pulumi");
    if (present !== undefined && !olderThan(present, OLDEST)) {
      return { said: `${present} on PATH, plugins by its own download`, value: { path: [], fetchesPlugins: true } };
    }
    if (built !== undefined) return ours(built);
    const downloaded = await download(tell);
    if (downloaded !== undefined)
      return { said: `${await versionOf(join(downloaded, "pulumi"))}, downloaded`, value: { path: [downloaded], fetchesPlugins: true } };
    return ours(await build.make(parts, tell));
  });
}

async function ours(path: string): Promise<{ said: string; value: Toolchain }> {
  return { said: `${await versionOf(join(path, "pulumi"))}, built from Go modules`, value: { path: [path], fetchesPlugins: false } };
}

/** The version a `pulumi` program tells, without the `v`; undefined when there is none. */
async function versionOf(program: string): Promise<string | undefined> {
  if (program.includes("/") && !existsSync(program)) return undefined;
  const { code, text } = await run(program, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
  return code === 0 ? /v?(\d+\.\d+\.\d+)/.exec(text)?.[1] : undefined;
}

/** Whether version `a` comes before `b`, both `major.minor.patch`. */
export function olderThan(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
