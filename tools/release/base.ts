import type { Mistake } from "../../components/workload/mistakes.ts";
import { repositoryOf } from "../../components/workload/reference.ts";
import { Problem } from "../lib/problem.ts";
import type { Definition, Platform } from "./definition.ts";
import type { Docker } from "./docker-client.ts";
import type { Registry } from "./registry.ts";

/** What images are built on, by platform. */
export type Bases = Readonly<Partial<Record<Platform, string>>>;

/**
 * The very base image of each platform. Old engines build on whatever they hold under a name, for whichever platform that
 * is, and move a name that they pull to another platform: so a base is named by the digest that its registry has for the
 * platform. One that is on the engine only has to be for the platform that it is given for.
 */
export async function basesOf({ base, platforms }: Definition, docker: Docker, registry: Registry): Promise<Bases | Mistake[]> {
  const bases: Partial<Record<Platform, string>> = {};
  const mistakes: Mistake[] = [];
  for (const platform of platforms) {
    const reference = base[platform];
    if (reference === undefined) continue;
    const found = await baseFor(reference, platform, docker, registry);
    if (typeof found === "string") bases[platform] = found;
    else mistakes.push({ path: `base.${platform}`, ...found });
  }
  return mistakes.length === 0 ? bases : mistakes;
}

async function baseFor(
  reference: string,
  platform: Platform,
  docker: Docker,
  registry: Registry,
): Promise<string | Pick<Mistake, "message">> {
  const remedy = "name one for each platform: base: { linux/amd64: …, linux/arm64: … }";
  const offered = await offer(reference, registry);
  if (Array.isArray(offered)) {
    const fitting = offered.find((one) => one.platform === platform);
    if (fitting !== undefined) return `${repositoryOf(reference)}@${fitting.digest}`;
    const known = offered.map((one) => one.platform).join(", ");
    return { message: `"${reference}" is at its registry for ${known}, not for ${platform}; ${remedy}` };
  }
  const held = await platformHeld(reference, docker);
  // The engine may reach more than this command, through a mirror: it finds out when it builds.
  if (held === undefined || held === platform) return reference;
  return { message: `"${reference}" is for ${held} on this engine, and no registry offers it for ${platform} (${offered}); ${remedy}` };
}

/** The images that the registry has under a reference, or why there are none. */
async function offer(reference: string, registry: Registry) {
  try {
    return (await registry.find(reference)) ?? "no such image";
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
}

/** Platform of the image that the engine holds under a name; undefined when it holds none. */
export async function platformHeld(reference: string, docker: Docker): Promise<string | undefined> {
  const { code, out } = await docker.ask(["image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", reference]);
  return code === 0 ? out.trim() : undefined;
}
