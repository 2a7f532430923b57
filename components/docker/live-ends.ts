import { z } from "zod";

import type { LastEnd } from "../workload/adapter/index.ts";

const event = z.object({
  Action: z.string(),
  timeNano: z.number(),
  Actor: z.object({ ID: z.string(), Attributes: z.object({ exitCode: z.string().optional() }) }),
});

/** The last end of each container by its id, from the engine's events, one JSON a line and the oldest first. */
export function endsIn(events: string): ReadonlyMap<string, LastEnd> {
  const ends = new Map<string, LastEnd>();
  const short = new Set<string>();
  for (const line of events.split("\n")) {
    const parsed = line.trim() === "" ? undefined : event.safeParse(JSON.parse(line));
    if (parsed?.success !== true) continue;
    const { Action, timeNano, Actor } = parsed.data;
    // The engine says that memory was short before it says that a container has ended of it.
    if (Action === "oom") short.add(Actor.ID);
    if (Action !== "die") continue;
    const at = new Date(timeNano / 1e6).toISOString();
    ends.set(Actor.ID, { at, exitCode: Number(Actor.Attributes.exitCode ?? 0), outOfMemory: short.delete(Actor.ID) });
  }
  return ends;
}
