/**
 * Looks at the pages of a wind-power forecast that runs, in a headless Chromium:
 * `node test/long/browser.ts [--ui URL] [--mlflow URL] [--graph URL] [--pictures FOLDER]`; by default where `npm start -- wind-power` puts them.
 */
import { parseArgs } from "node:util";

import { HeadlessBrowser } from "../support/browser.ts";
import { looksRight } from "./pages.ts";

const { values } = parseArgs({
  options: {
    ui: { type: "string", default: "http://127.0.0.1:8050" },
    mlflow: { type: "string", default: "http://127.0.0.1:5001" },
    graph: { type: "string", default: "http://127.0.0.1:4141" },
    pictures: { type: "string" },
  },
});

const browser = await HeadlessBrowser.start();
try {
  const { pictures, ...pages } = values;
  console.log(
    `three pages without an error; the dashboard's numbers moved after ${(await looksRight(browser, pages, pictures)).toFixed(1)} s`,
  );
} finally {
  await browser.close();
}
