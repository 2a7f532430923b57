import { z } from "zod";

import * as w from "../workload/index.ts";

/** A time within limits. */
export function within(shortest: w.Duration, longest: w.Duration) {
  const isWithin = (given: w.Duration) =>
    w.toMilliseconds(given) >= w.toMilliseconds(shortest) && w.toMilliseconds(given) <= w.toMilliseconds(longest);
  return w.duration.refine(isWithin, { error: ({ input }) => `must be from ${shortest} to ${longest}, got ${w.quoted(input)}` });
}

const percentage = z.number().min(1).max(99);

/** When an alert is raised, where that follows from no declaration of a part and may be another for another system. */
export const alertSettings = w.strict({
  missingFor: within("10s", "1h")
    .default("45s")
    .describe(
      "Time for which a part, a replica or a rank must be missing. Where one takes longer to start, set a longer one: its replacement would be taken for a fault.",
    ),
  startGrace: within("30s", "24h")
    .default("5m")
    .describe("Time after a deployment or a start in which a replica may not be ready, or may have the model of before."),
  objective: z
    .number()
    .min(95)
    .max(99.999)
    .default(99.9)
    .describe("Percentage of requests, over 30 days, that are answered without an error of the server."),
  leastErrors: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10)
    .describe("Errors below which no alert says that the objective is in danger: of a few requests one is a high share."),
  fallbackShare: percentage
    .default(50)
    .describe(
      "Percentage of lookups within a minute that fallback stores may answer. Feast's history counts as one, which rightly answers for times in the past.",
    ),
  featureAge: z
    .record(w.dnsLabel, within("1s", "8760h"))
    .default({})
    .describe(
      'Oldest age of the features that a server reads, by its name, e.g. { api: "26h" }; default: any age, since it is known only to those who build them.',
    ),
  shift: z
    .number()
    .min(0.01)
    .max(10)
    .default(0.25)
    .describe(
      "Population stability index of a feature, of what a server is asked against what its model was trained on, from which on the model may no longer fit.",
    ),
  stuckAfter: within("1m", "168h").default("30m").describe("Time in which training must finish an epoch."),
  checkpointAge: within("1m", "720h").default("1h").describe("Oldest age of the last checkpoint while training runs."),
  restarts: z.int().min(1).max(100).default(3).describe("Starts of one replica within 10 minutes that are a restart loop."),
  diskFree: percentage.default(5).describe("Percentage of a disk that must be free."),
  certificateDays: z.int().min(1).max(90).default(14).describe("Days before the end of a certificate from which on an alert says so."),
  page: z.string().min(1).default("docs/alerts.md").describe("Where the page about alerts is, for the link of each: its heading is added."),
});

export type AlertSettings = z.output<typeof alertSettings>;

/** Names in these settings that no server has. @param servers those that read features */
export function alertMistakes({ featureAge }: Pick<AlertSettings, "featureAge">, servers: readonly string[]): w.Mistake[] {
  const there = servers.length === 0 ? "there is none in this stack; remove this" : `those that do: ${servers.join(", ")}`;
  return Object.keys(featureAge)
    .filter((name) => !servers.includes(name))
    .map((name) => ({ path: `featureAge.${name}`, message: `no server that reads features is called "${name}"; ${there}` }));
}
