import { z } from "zod";

import * as w from "../workload/index.ts";
import { alertSettings, within } from "./alert-settings.ts";
import { receiverSettings } from "./receivers.ts";

const days = z.int().min(1).max(3650);

/** A store with a page: how much it keeps, for how long, and where its page is. */
const store = (of: { days: number; size: w.Memory; port: number; memory: w.Memory; what: string }) => ({
  days: days.default(of.days).describe(`Days for which ${of.what} are kept.`),
  size: w.memory.default(of.size).describe(`Capacity requested for ${of.what}; no more of them are taken than fit.`),
  keep: w.protects(z.boolean().default(false).describe(`Whether ${of.what} stay when the stack is destroyed.`), `keeping ${of.what}`),
  port: w.port
    .default(of.port)
    .describe("Port of this machine that leads to its page, on Docker; on Kubernetes none is opened, and `npm run open` forwards one."),
  resources: w.resourcesOf({ memory: of.memory }).prefault({}).describe("Limits."),
});

/** What a stack file may say of monitoring. */
export const monitoringSettings = w.strict({
  interval: within("1s", "5m").default("5s").describe("Time between two looks at each part, from 1s to 5m; alerts are evaluated as often."),
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
      ...store({ days: 7, size: "2Gi", port: 9428, memory: "256Mi", what: "logs" }),
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
