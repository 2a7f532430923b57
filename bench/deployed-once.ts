import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";

import { haproxyConfig } from "../components/gateway/haproxy.ts";
import { type ComposeService, type Order, services } from "./compose-file.ts";
import { type Environment, NAME, project } from "./project.ts";

const LABEL = `dev.mlstack.stack=mlstack/${NAME}`;
/** What each part waits for, as the components order it. */
const ORDER: Order = {
  loader: { build: "service_completed_successfully", redis: "service_healthy" },
  api: { loader: "service_completed_successfully" },
  gateway: { api: "service_healthy" },
};

/** What all sides of a comparison start from. */
export interface Deployed {
  /** The stack's containers, as Compose's services. */
  readonly parts: Readonly<Record<string, ComposeService>>;
  /** The images that they run, by the name that the settings have for them. */
  readonly images: Readonly<Record<string, string>>;
}

/** Deploys a dev stack once, which is not measured, takes its containers and images, and removes it again. */
export async function deployedOnce(home: string, name: string, env: Environment, settings: object): Promise<Deployed> {
  const built = await project(home, `${name}-build`, "infra/index.ts", env, settings);
  await built.run("up", "--yes", "--skip-preview");
  const parts = await services({ prefix: NAME, label: LABEL, order: ORDER, config: gatewayConfig(home) });
  const images = await imagesOf();
  await built.run("destroy", "--yes", "--skip-preview");
  return { parts, images };
}

async function imagesOf(): Promise<Record<string, string>> {
  const containers = await new Docker().listContainers({ all: true, filters: { label: [LABEL] } });
  const image = (name: string) => containers.find(({ Names }) => Names[0] === `/${NAME}-${name}`)?.Image ?? "";
  return { redis: image("redis-0"), features: image("build"), "feature-api": image("api-0"), gateway: image("gateway-0") };
}

/** The gateway's configuration in a folder of this machine: only mlstack keeps it in a volume. */
function gatewayConfig(home: string): string {
  const folder = join(home, "gateway");
  mkdirSync(folder, { mode: 0o755, recursive: true });
  const text = haproxyConfig({ address: "api", port: 8000, readyPath: "/ready", listen: 8080, cores: 1, requestTimeout: "30s" });
  writeFileSync(join(folder, "haproxy.cfg"), text);
  return folder;
}
