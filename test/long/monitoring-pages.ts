import assert from "node:assert/strict";
import { z } from "zod";

import { EMPTY_WHILE } from "../../components/monitoring/page.ts";
import type { HeadlessBrowser, OpenPage } from "../support/browser.ts";
import type { Pages } from "../support/monitoring.ts";
import { until } from "../support/stack.ts";

/** What a store says of its dashboards, as far as it matters here. */
const boards = z.object({
  dashboardsSettings: z.array(
    z.object({
      title: z.string(),
      rows: z.array(z.object({ panels: z.array(z.object({ title: z.string(), description: z.string().default("") })) })),
    }),
  ),
});

interface Look {
  /** An alert that is raised now: its page has to show it. Default: none is. */
  readonly raised?: string;
  /** Gets a picture of each page; none by default. */
  readonly folder?: string | undefined;
}

/**
 * Looks at the pages of monitoring as people do: every dashboard, the alerts, and the lines of the logs.
 *
 * @returns what was seen, in a sentence
 */
export async function monitoringLooksRight(browser: HeadlessBrowser, pages: Required<Pages>, { raised, folder }: Look): Promise<string> {
  const picture = async (of: OpenPage, name: string) => {
    if (folder !== undefined) await of.page.screenshot({ path: `${folder}/monitoring-${name}.png` });
  };
  const { dashboardsSettings } = boards.parse(await (await fetch(`${pages.metrics}/vmui/custom-dashboards`)).json());
  const metrics = await browser.open(`${pages.metrics}/vmui/#/dashboards`);
  let graphs = 0;
  for (const { title, rows } of dashboardsSettings) {
    await choose(metrics, title);
    const mayBeEmpty = rows.flatMap(({ panels }) => panels.map(({ description }) => description.includes(EMPTY_WHILE)));
    graphs += await allDrawn(metrics, title, mayBeEmpty);
    await metrics.page.evaluate("scrollTo(0, 0)");
    await until(`${title} has loaded`, async () => (await metrics.page.$(".half-circle-spinner")) === null);
    await picture(metrics, title.toLowerCase().replaceAll(" ", "-"));
  }

  const alerts = await browser.open(`${pages.alerts}/vmalert/${raised === undefined ? "groups" : "alerts"}`);
  await alerts.shows(raised ?? "RulesFail");
  await picture(alerts, "alerts");

  const logs = await browser.open(`${pages.logs}/select/vmui/#/?query=${encodeURIComponent('{sourcetype=~"api|trainer"}')}`);
  await until("the page of logs shows lines", async () => (await logs.page.$(".vm-group-logs-row")) !== null);
  await picture(logs, "logs");

  assert.deepEqual({ metrics: metrics.problems, alerts: alerts.problems, logs: logs.problems }, { metrics: [], alerts: [], logs: [] });
  for (const { page } of [metrics, alerts, logs]) await page.close();
  return `${dashboardsSettings.length} dashboards with ${graphs} graphs, the alerts and the logs, without an error in the browser`;
}

/** Opens a dashboard by its tab, with all of its rows. */
async function choose({ page }: OpenPage, title: string): Promise<void> {
  await until(`there is a dashboard ${title}`, async () => {
    const tabs = await page.$$(".vm-predefined-panels-tabs__tab");
    for (const tab of tabs)
      if ((await tab.evaluate((one) => one.textContent)) === title) {
        await tab.evaluate((one) => one.click());
        return true;
      }
    return false;
  });
  // One after the other: each that opens moves those below it.
  const closed = () => page.$$(".vm-accordion-header:not(.vm-accordion-header_open)");
  for (let [first, ...others] = await closed(); first !== undefined; [first, ...others] = await closed()) {
    await first.evaluate((row) => row.click());
    await until(`a row of ${title} opens`, async () => (await closed()).length === others.length);
  }
}

/** Waits until each graph of a dashboard has a line, but those that may be empty: one is drawn when it is looked at. @returns how many have */
async function allDrawn({ page }: OpenPage, title: string, mayBeEmpty: readonly boolean[]): Promise<number> {
  let drawn = 0;
  await until(`all panels of ${title} are there`, async () => (await page.$$(".vm-predefined-panel")).length === mayBeEmpty.length);
  for (const [at, panel] of (await page.$$(".vm-predefined-panel")).entries()) {
    await panel.scrollIntoView();
    const hasLines = async () => (await panel.$(".vm-legend-item")) !== null && (await panel.$("canvas")) !== null;
    await until(`panel ${at + 1} of ${title} has loaded`, async () => (await panel.$(".half-circle-spinner")) === null);
    if (mayBeEmpty[at] !== true) await until(`panel ${at + 1} of ${title} has a line`, hasLines);
    if (await hasLines()) drawn++;
  }
  return drawn;
}
