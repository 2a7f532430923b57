import type { Observed } from "./observed.ts";
import { graph, type Page, type Row } from "./page.ts";
import { alone, answeringNow, DECLARED, declaredOf, freeOfDisks, type Scope } from "./query.ts";

/** All parts at a glance. */
export function overviewPage(parts: readonly Observed[], scope: Scope): Page {
  const alerts = alone("ALERTS", scope, 'alertstate="firing"');
  return {
    id: "overview",
    title: "Overview",
    rows: [
      {
        title: "Alerts and deployments",
        panels: [
          {
            ...graph("Alerts", "Alerts that are raised now: how many, and each by its name and part.", "count", "", ""),
            queries: [
              { expr: `count(${alerts}) or vector(0)`, legend: "in all" },
              { expr: `count by (alertname, part) (${alerts})`, legend: "{{alertname}} {{part}}", emptyWhile: "no alert is raised" },
            ],
            steps: true,
            width: 6,
          },
          ...deployments(scope).panels,
        ],
      },
      {
        title: "Parts",
        panels: parts.map((part) => ({
          ...graph(part.target.name, "How many of it answer, and how many were declared.", "count", "", ""),
          queries: [
            { expr: answeringNow(part, scope), legend: "answer" },
            { expr: `vector(${declaredOf(part)})`, legend: "declared" },
          ],
          steps: true,
        })),
      },
    ],
  };
}

/** Where each deployment begins that changed what is declared, and each version of a model. */
export function deployments(scope: Scope): Row {
  return {
    title: "Deployments",
    panels: [
      {
        ...graph(
          "Deployments",
          "A new line begins with each deployment that changes what is declared, and with each version of a model.",
          "count",
          "",
          "",
        ),
        queries: [
          { expr: alone(DECLARED.deployment, scope), legend: "deployment {{deployment}}" },
          { expr: alone(DECLARED.model, scope), legend: "{{part}}: {{name}} {{version}}", emptyWhile: "no version of a model is declared" },
        ],
        steps: true,
        width: 6,
      },
    ],
  };
}

/** The machine. */
export function hostPage(scope: Scope): Page {
  return {
    id: "host",
    title: "Host",
    rows: [
      {
        title: "Host",
        panels: [
          graph(
            "Processors",
            "Share of their time in which they work.",
            "%",
            `100 * (1 - avg(rate(${alone("node_cpu_seconds_total", scope, 'mode="idle"')}[1m])))`,
            "busy",
          ),
          graph("Load", "Programs that run or wait for a processor or a disk.", "count", alone("node_load1", scope), "over a minute"),
          {
            ...graph("Memory", "What is there, and what programs can still have.", "bytes", "", ""),
            queries: [
              { expr: alone("node_memory_MemTotal_bytes", scope), legend: "there" },
              { expr: alone("node_memory_MemAvailable_bytes", scope), legend: "available" },
            ],
          },
          graph("Free on disks", "Share of each disk that is free.", "%", freeOfDisks(scope), "{{device}}"),
          {
            ...graph("Disks", "Bytes a second.", "bytes", "", ""),
            queries: [
              { expr: `sum(rate(${alone("node_disk_read_bytes_total", scope)}[1m]))`, legend: "read" },
              { expr: `sum(rate(${alone("node_disk_written_bytes_total", scope)}[1m]))`, legend: "written" },
            ],
          },
        ],
      },
    ],
  };
}

/** What looks at all others. */
export function monitoringPage(scope: Scope, hasReceivers: boolean): Page {
  const rate = (metric: string) => `sum(rate(${alone(metric, scope)}[5m]))`;
  return {
    id: "monitoring",
    title: "Monitoring",
    rows: [
      {
        title: "Store of metrics",
        panels: [
          graph("Numbers", "Numbers a second that are taken.", "per second", rate("vm_rows_inserted_total"), "numbers"),
          graph(
            "Scrapes that fail",
            "Looks at parts a second that bring nothing.",
            "per second",
            rate("vm_promscrape_scrapes_failed_total"),
            "failed",
          ),
          {
            ...graph("Disk", "What the numbers take, and what is free.", "bytes", "", ""),
            queries: [
              { expr: `sum(${alone("vm_data_size_bytes", scope)})`, legend: "taken" },
              { expr: `min(${alone("vm_free_disk_space_bytes", scope)})`, legend: "free" },
            ],
          },
        ],
      },
      {
        title: "Rules and alerts",
        panels: [
          graph("Rules", "Evaluations of rules a second.", "per second", rate("vmalert_execution_total"), "evaluations"),
          graph(
            "Rules that fail",
            "Alerts' rules a second that could not be evaluated.",
            "per second",
            rate("vmalert_alerting_rules_errors_total"),
            "errors",
          ),
          ...(hasReceivers
            ? [
                {
                  ...graph("Messages", "Messages to receivers a second.", "per second", "", ""),
                  queries: [
                    { expr: rate("alertmanager_notifications_total"), legend: "sent" },
                    { expr: rate("alertmanager_notifications_failed_total"), legend: "failed" },
                  ],
                },
              ]
            : []),
        ],
      },
    ],
  };
}
