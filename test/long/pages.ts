import assert from "node:assert/strict";
import { setTimeout as after } from "node:timers/promises";

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

/** Milliseconds by which answers are late; the page looks for new rows more often. */
const LATE = 7000;

/** From now on all answers with numbers are late; each is shown all the same. */
async function movesThoughLate(ui: OpenPage): Promise<void> {
  await ui.page.setRequestInterception(true);
  ui.page.on("request", async (request) => {
    if (request.url().includes("_dash-update-component")) await after(LATE);
    await request.continue().catch(() => undefined); // the page may be closed by now
  });
  // The first may have been on its way before.
  for (let times = 0; times < 2; times++) await moves(ui);
}

/** What MLflow's page asks to see whether people log in, and logs as an error where they do not. */
const LOGIN = "/ajax-api/2.0/mlflow/users/current";

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
  await movesThoughLate(ui);
  const wrong = mlflow.problems.filter((problem) => !problem.includes(`${LOGIN}: `));
  assert.deepEqual({ ui: ui.problems, mlflow: wrong, graph: graph.problems }, { ui: [], mlflow: [], graph: [] });
  for (const { page } of [ui, mlflow, graph]) await page.close();
  return seconds;
}
