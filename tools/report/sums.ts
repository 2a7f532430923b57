import { z } from "zod";

import type { Report } from "./schema.ts";
import { subjectOf, type Thing } from "./things.ts";

type Sums = Report["sums"];

const models = z.object({ models: z.record(z.string(), z.object({ name: z.string().catch(""), version: z.string() })).catch({}) });

/** Replicas, devices, processors and memory of all that runs, before and after. */
export function sumsOf(
  things: readonly Thing[],
  outputs: { readonly before: unknown; readonly after: unknown },
  references: Readonly<Record<string, string>>,
): Sums {
  const running = things.filter(({ noun }) => noun === "service" || noun === "gang");
  const sum = (side: "before" | "after", each: (part: Thing["before"][number]) => number) =>
    running.flatMap((thing) => thing[side]).reduce((total, part) => total + each(part), 0);
  const both = (each: (part: Thing["before"][number]) => number) => ({ before: sum("before", each), after: sum("after", each) });
  return {
    replicas: both(({ count }) => count),
    gpus: both(({ count, gpus }) => count * gpus),
    cpu: both(({ count, cpu }) => count * cpu),
    memory: both(({ count, memory }) => count * memory),
    models: modelsIn(outputs, references),
  };
}

function modelsIn(
  { before, after }: { readonly before: unknown; readonly after: unknown },
  references: Readonly<Record<string, string>>,
): Sums["models"] {
  const [was, is] = [before, after].map((one) => models.safeParse(one).data?.models ?? {});
  const places = [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])].sort();
  return places.map((place) => {
    const [one, other] = [was?.[place], is?.[place]];
    const name = (other ?? one)?.name ?? "";
    return { place, name, reference: references[place] ?? name, before: one?.version ?? null, after: other?.version ?? null };
  });
}

/** The image of each workload after the change. */
export function imagesOf(things: readonly Thing[]): Record<string, string> {
  return Object.fromEntries(
    things.flatMap((thing) => {
      const image = thing.after.find((part) => part.image !== undefined)?.image;
      return image === undefined ? [] : [[subjectOf(thing), image] as const];
    }),
  );
}
