import assert from "node:assert/strict";

import type { HeadlessBrowser, OpenPage } from "../support/browser.ts";
import { until } from "../support/stack.ts";

/** Where a browser finds the pages of the wind-power forecast. */
export interface Pages {
  readonly ui: string;
  readonly mlflow: string;
  readonly graph: string;
}

/** Most seconds for which the number of rows stays the same: the page looks every 5 s, and a row comes more often. */
const MOVES = 10;

/** Seconds until the dashboard shows another number of rows. */
async function moves(ui: OpenPage): Promise<number> {
  const before = await ui.text("#measured");
  const from = Date.now();
  await until("its numbers move", async () => (await ui.text("#measured")) !== before);
  return (Date.now() - from) / 1000;
}

/**
 * Looks at the three pages as people do: rows appear, numbers move, nothing is wrong in the browser.
 *
 * @param folder gets a picture of the dashboard and one of the graph; none by default
 * @returns seconds until the dashboard showed another number
 */
export async function looksRight(browser: HeadlessBrowser, pages: Pages, folder?: string): Promise<number> {
  const ui = await browser.open(pages.ui);
  await until("the dashboard shows predictions", async () => /^[\d,]+$/.test(await ui.text("#predicted")));
  const seconds = await moves(ui);
  assert.ok(seconds <= MOVES, `the dashboard's numbers stood for ${seconds} s`);
  await until("it shows the model", async () => (await ui.text("#model-version")) !== "");
  for (const step of ["history", "train", "inference", "stream"])
    await until(`it shows ${step}`, async () => (await ui.text("#steps")).includes(step));

  const mlflow = await browser.open(pages.mlflow);
  await mlflow.shows("wind-power");

  const graph = await browser.open(pages.graph);
  await graph.shows("features");

  if (folder !== undefined) {
    await ui.page.screenshot({ path: `${folder}/wind-power.png` });
    await graph.page.screenshot({ path: `${folder}/wind-power-graph.png` });
  }
  assert.deepEqual({ ui: ui.problems, mlflow: mlflow.problems, graph: graph.problems }, { ui: [], mlflow: [], graph: [] });
  for (const { page } of [ui, mlflow, graph]) await page.close();
  return seconds;
}
