import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { cacheFolder, ROOT } from "../tools/lib/folders.ts";
import { compileGo } from "../tools/offline/go.ts";
import versions from "../tools/offline/versions.json" with { type: "json" };
import type { ComposeService } from "./compose-file.ts";
import type { Peer } from "./first-ups.ts";
import { cost } from "./measure.ts";
import { tofuConfig } from "./tofu-config.ts";

const PROVIDER = "terraform-provider-docker";

/** OpenTofu with the Docker provider that Pulumi's is made from; both are built into the cache where they are not there. */
export async function tofu(home: string, parts: Readonly<Record<string, ComposeService>>): Promise<Peer> {
  const programs = join(cacheFolder(), `opentofu-${versions.opentofu}`);
  await built(join(programs, "tofu"), "opentofu", "github.com/opentofu/opentofu/cmd/tofu", "about four minutes");
  await built(join(programs, PROVIDER), PROVIDER, "github.com/terraform-providers/terraform-provider-docker", "about a minute");
  const folder = join(home, "tofu");
  mkdirSync(folder);
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify(tofuConfig(parts)));
  // The provider is taken from where it was built; no registry is asked.
  const settings = join(folder, "settings.tfrc");
  writeFileSync(settings, `provider_installation {\n  dev_overrides {\n    "kreuzwerker/docker" = "${programs}"\n  }\n  direct {}\n}\n`);
  const env = { TF_CLI_CONFIG_FILE: settings, CHECKPOINT_DISABLE: "1" };
  const run = (...args: string[]) => cost(join(programs, "tofu"), args, { cwd: folder, env });
  return {
    name: "OpenTofu",
    up: () => run("apply", "-auto-approve", "-input=false", "-no-color"),
    again: () => run("plan", "-detailed-exitcode", "-input=false", "-no-color"),
    down: () => run("destroy", "-auto-approve", "-input=false", "-no-color"),
  };
}

async function built(program: string, name: string, target: string, takes: string): Promise<void> {
  if (existsSync(program)) return;
  process.stderr.write(`• building ${name}, ${takes}\n`);
  await compileGo({ name, source: join(ROOT, "bench", name), target }, program);
}
