import { baseImage } from "./base-image.ts";
import { dockerEngine } from "./docker-engine.ts";
import { environment } from "./environment.ts";
import { stack } from "./state.ts";
import { toolchain } from "./toolchain.ts";
import type { Part } from "./toolchain-build.ts";

/** The stack that `npm start` brings up. */
export const DEV = "dev";

/** Everything a deployment needs, made where it is missing. Returns the variables it works under. */
export async function setUp(parts: readonly Part[] = ["core"]): Promise<Record<string, string>> {
  // It would go before the passphrase file and belongs to other projects.
  delete process.env["PULUMI_CONFIG_PASSPHRASE"];
  const tools = await toolchain(parts);
  await dockerEngine();
  const env = environment(tools, await baseImage());
  await stack(DEV, env);
  return env;
}
