import { sideBySide } from "../lib/step.ts";
import { baseImage } from "./base-image.ts";
import { dockerEngine } from "./docker-engine.ts";
import { environment, projectEnvironment } from "./environment.ts";
import { type Part, toolchain } from "./toolchain.ts";

/** Everything that a deployment needs of this machine, made where it is missing. Returns the variables under which it works. */
export async function setUp(parts: readonly Part[] = ["core"]): Promise<Record<string, string>> {
  // It would go before the passphrase file and belongs to other projects.
  delete process.env["PULUMI_CONFIG_PASSPHRASE"];
  await dockerEngine();
  return environment(...(await sideBySide(toolchain(parts), baseImage())));
}

/** What images and their tests need, without Pulumi: its programs may take minutes to build. */
export async function setUpEngine(): Promise<Record<string, string>> {
  await dockerEngine();
  return projectEnvironment(await baseImage());
}
