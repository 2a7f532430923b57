import type { Mistake } from "../components/workload/index.ts";

/** Settings of earlier releases, and where they are now. */
const MOVED: Readonly<Record<string, string>> = {
  redisPassword: "features.redis.password",
  registryPassword: "platform.registry.password",
  "features.volumeSize": "features.size",
  "training.checkpointSize": "training.checkpoints.size",
  "training.keepCheckpoints": "training.checkpoints.keep",
  "images.api": "images.feature-api",
};

/** Values without the settings that have moved, and a mistake for each of these that names its new place. */
export function movedSettings(values: Readonly<Record<string, unknown>>): { rest: Record<string, unknown>; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  let rest: Record<string, unknown> = { ...values };
  for (const [before, now] of Object.entries(MOVED)) {
    const [section = "", key] = before.split(".");
    const holder = key === undefined ? rest : rest[section];
    const last = key ?? section;
    if (typeof holder !== "object" || holder === null || !(last in holder)) continue;
    const { [last]: _moved, ...others } = holder as Record<string, unknown>;
    rest = key === undefined ? others : { ...rest, [section]: others };
    mistakes.push({ path: before, message: `is now mlstack:${now}; write it there` });
  }
  return { rest, mistakes };
}
