import { z } from "zod";

import * as w from "../workload/index.ts";
import { alertSettings, within } from "./alert-settings.ts";
import { receiverSettings } from "./receivers.ts";

/** Rates are taken over a minute: with fewer than two looks in it they would be none. */
export const LONGEST_INTERVAL = "30s";

const days = z.int().min(1).max(3650);

/** A store with a page: how much it keeps, for how long, and where its page is. */
const store = (of: { days: number; size: w.Memory; port: number; memory: w.Memory; what: string }) => ({
  days: w.loses(days.default(of.days).describe(`Days for which ${of.what} are kept.`), `${of.what} that are older are deleted`),
  size: w.memory.default(of.size).describe(`Capacity requested for ${of.what}; no more of them are taken than fit.`),
  keep: w.protects(z.boolean().default(false).describe(`Whether ${of.what} stay when the stack is destroyed.`), `keeping ${of.what}`),
  port: w.port
    .default(of.port)
    .describe("Port of this machine that leads to its page, on Docker; on Kubernetes none is opened, and `npm run open` forwards one."),
  resources: w.resourcesOf({ memory: of.memory }).prefault({}).describe("Limits."),
});

const LOGS = store({ days: 7, size: "2Gi", port: 9428, memory: "256Mi", what: "logs" });

/** What a stack file may say of monitoring. */
export const monitoringSettings = w.strict({
  interval: within("1s", LONGEST_INTERVAL)
    .default("5s")
    .describe(`Time between two looks at each part, from 1s to ${LONGEST_INTERVAL}; alerts are evaluated as often.`),
  metrics: w
    .strict(store({ days: 15, size: "5Gi", port: 8428, memory: "256Mi", what: "metrics" }))
    .prefault({})
    .describe("VictoriaMetrics: numbers of all parts, dashboards, queries."),
  logs: w
    .strict({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          "Whether the lines that all parts write are kept and found. On Docker, where a container is made with the place that its lines go to, switching it on or off makes each that runs again, one after another.",
        ),
      ...LOGS,
      size: w.loses(LOGS.size, "the oldest logs are deleted where they no longer fit"),
    })
    .prefault({})
    .describe("VictoriaLogs: the lines of all parts, by part, replica and time."),
  alerts: w
    .strict({
      ...alertSettings.shape,
      port: w.port
        .default(8880)
        .describe("Port of this machine that leads to the page of alerts, on Docker; on Kubernetes none is opened."),
    })
    .prefault({})
    .describe("vmalert: rules that follow from what the stack declares."),
  receivers: receiverSettings.prefault({}).describe("Who is notified of alerts; default: they are on the page only."),
});
