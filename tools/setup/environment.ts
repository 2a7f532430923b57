import { join } from "node:path";

import { engineVariables } from "../../components/docker/engine-host.ts";
import { cacheFolder, ensureFolder, ROOT } from "../lib/folders.ts";
import { directLoopback } from "../lib/proxy.mjs";
import { backendFolder, passphraseFile, stateId } from "./backend.ts";
import { quietPulumiHome } from "./pulumi-home.ts";
import type { Toolchain } from "./toolchain.ts";

/** The variables under which the project's own programs and images are built and tested. */
export function projectEnvironment(baseImage: string, programs: readonly string[] = []): Record<string, string> {
  return {
    // The project's own Node.js first: the program needs one that reads TypeScript.
    PATH: [join(ROOT, "node_modules", ".bin"), ...programs, process.env["PATH"] ?? ""].join(":"),
    MLSTACK_BASE_IMAGE: baseImage,
    // Compiled code of the SDK, which otherwise is compiled again by every run.
    NODE_COMPILE_CACHE: join(cacheFolder(), "compile-cache"),
    // One engine for all: the provider, and the `docker` command, would each read a context by a rule of its own.
    ...engineVariables(),
    ...directLoopback(),
  };
}

/** The variables under which `pulumi` works on this machine. */
export function environment(tools: Toolchain, baseImage: string): Record<string, string> {
  return {
    ...projectEnvironment(baseImage, tools.path),
    PULUMI_HOME: quietPulumiHome(),
    PULUMI_BACKEND_URL: `file://${ensureFolder(backendFolder())}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
    // By which the program tells what this state has made from what another's stack of the same name has.
    MLSTACK_STATE_ID: stateId(),
    // Plain files, as the commands read them to see what a killed deployment left.
    PULUMI_SELF_MANAGED_STATE_GZIP: "false",
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
  };
}

/** `export` lines for a shell, quoted so that any value passes unharmed. */
export function exportLines(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`)
    .join("\n");
}
