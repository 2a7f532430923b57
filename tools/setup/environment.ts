import { join } from "node:path";
import { cacheFolder, made, ROOT } from "./folders.ts";
import { backendFolder, passphraseFile } from "./state.ts";
import type { Toolchain } from "./toolchain.ts";
import { pulumiHome } from "./toolchain-build.ts";

/** The variables under which `pulumi` works on this machine. */
export function environment(tools: Toolchain, baseImage: string): Record<string, string> {
  return {
    // The project's own Node.js first: the program needs one that reads TypeScript.
    PATH: [join(ROOT, "node_modules", ".bin"), ...tools.path, process.env["PATH"] ?? ""].join(":"),
    PULUMI_HOME: made(pulumiHome()),
    PULUMI_BACKEND_URL: `file://${backendFolder()}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
    MLSTACK_BASE_IMAGE: baseImage,
    // Look-ups that wait for an answer from outside, which may never come.
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // An offer to explain every message by a service that a local stack has no account with.
    PULUMI_SUPPRESS_NEO_LINK: "true",
    ...(tools.fetchesPlugins ? {} : { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
    // Every resource that waits for a container takes a place; the default is four for each core.
    PULUMI_PARALLEL: process.env["PULUMI_PARALLEL"] ?? "64",
    // Pulumi and its providers live for seconds: collecting their garbage a quarter as often saves a tenth of a preview.
    GOGC: "400",
    // Where the builder inside the Docker provider keeps its notes; by itself it takes the user's home.
    BUILDX_CONFIG: join(cacheFolder(), "buildx"),
    // Compiled code of the SDK, which otherwise is compiled again by every run.
    NODE_COMPILE_CACHE: join(cacheFolder(), "compile-cache"),
  };
}

/** `export` lines for a shell, quoted so that any value passes unharmed. */
export function exportLines(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`)
    .join("\n");
}
