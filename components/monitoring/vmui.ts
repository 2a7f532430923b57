import { descriptionOf, type Page, type Unit } from "./page.ts";

/** What vmui writes behind a number. */
const SUFFIX: Readonly<Record<Unit, string>> = {
  "requests/s": "/s",
  s: "s",
  "%": "%",
  bytes: "B",
  rows: "",
  "per second": "/s",
  count: "",
};

/** The pages as files that VictoriaMetrics reads from `-vmui.customDashboardsPath`, by name. */
export function vmuiFiles(pages: readonly Page[]): Record<string, string> {
  // It sorts them by name: the number keeps the order.
  return Object.fromEntries(
    pages.map((page, at) => [`${String(at + 1).padStart(2, "0")}-${page.id}.json`, `${JSON.stringify(vmuiPage(page), null, 1)}\n`]),
  );
}

function vmuiPage({ title, rows }: Page): object {
  return {
    title,
    rows: rows.map((row) => ({
      title: row.title,
      panels: row.panels.map((panel) => ({
        title: panel.title,
        description: descriptionOf(panel),
        unit: SUFFIX[panel.unit],
        width: panel.width,
        expr: panel.queries.map(({ expr }) => expr),
        alias: panel.queries.map(({ legend }) => legend),
        showLegend: true,
      })),
    })),
  };
}
