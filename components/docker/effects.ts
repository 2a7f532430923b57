import type { Duty } from "./drift.ts";
import type * as docker from "./provider.ts";

/**
 * What the provider does with a change of a container's argument:
 * `replaces` it by a new container, applies it `in place`, or reports it as updated and `ignores` it. Arguments that only
 * `waits` read (how the provider creates, waits and stops) have nothing to apply.
 */
type Effect = "replaces" | "in place" | "ignores" | "waits";

/** Every argument that the adapter sets. One that is not listed does not compile: what its change does has to be decided. */
const EFFECTS = {
  attach: "waits",
  capabilities: "replaces",
  command: "replaces",
  cpuPeriod: "ignores",
  cpuQuota: "ignores",
  cpuShares: "in place",
  destroyGraceSeconds: "waits",
  dns: "replaces",
  entrypoints: "replaces",
  envs: "replaces",
  gpus: "replaces",
  // Before 5.2.0 the provider ignored it.
  healthcheck: "ignores",
  hostname: "replaces",
  hosts: "replaces",
  image: "replaces",
  init: "ignores",
  labels: "replaces",
  logDriver: "replaces",
  logOpts: "replaces",
  maxRetryCount: "in place",
  memory: "in place",
  memoryReservation: "in place",
  memorySwap: "in place",
  // A change inside one of the mounts.
  mounts: "ignores",
  mustRun: "waits",
  name: "replaces",
  networkMode: "replaces",
  networksAdvanced: "replaces",
  ports: "replaces",
  readOnly: "replaces",
  restart: "in place",
  securityOpts: "replaces",
  start: "waits",
  stdinOpen: "replaces",
  stopTimeout: "replaces",
  tmpfs: "ignores",
  tty: "replaces",
  ulimits: "replaces",
  uploads: "replaces",
  user: "replaces",
} as const satisfies Partial<Record<keyof docker.ContainerArgs, Effect>>;

/** Arguments of a container, as far as the adapter knows what a change of them does. */
export type ContainerArguments = Pick<docker.ContainerArgs, keyof typeof EFFECTS>;

/** Arguments whose changes the provider ignores. */
const IGNORED: readonly string[] = Object.entries(EFFECTS).flatMap(([argument, effect]) => (effect === "ignores" ? [argument] : []));

/** Of these, the one that decides whether work runs again; the sizes wait for the next run. */
const RERUNS: readonly string[] = ["mounts"];

/** Arguments whose changes the provider ignores, and that must replace a container of this duty. */
export function renewedFor(duty: Duty): readonly string[] {
  return duty === "works" ? RERUNS : IGNORED;
}

/** What a change of these arguments together does to a container: it is made again, changed while it runs, or left as it is. */
export function effectOfArguments(duty: Duty, changed: readonly string[]): "replaced" | "in place" | "nothing" {
  const effects = changed.map((argument) => {
    const effect: Effect = isKnown(argument) ? EFFECTS[argument] : "replaces";
    return effect === "ignores" && renewedFor(duty).includes(argument) ? "replaces" : effect;
  });
  return effects.includes("replaces") ? "replaced" : effects.includes("in place") ? "in place" : "nothing";
}

function isKnown(argument: string): argument is keyof typeof EFFECTS {
  return argument in EFFECTS;
}
