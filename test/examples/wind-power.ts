import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Example, NODE } from "../support/example.ts";
import { freePort, until } from "../support/stack.ts";

const PAGES = { mlflow: "/health", ui: "/healthz", "kedro-viz": "/healthz" };
/** Rows, and rows that have a prediction, as a step sees them in SQLite's folder. */
const COUNTS = [
  "python",
  "-c",
  "import sqlite3; d = sqlite3.connect('/app/data/pipeline.db', timeout=20); print(*[d.execute(f'select count(*) from {t}').fetchone()[0] for t in ('measurements', 'predictions')])",
];

/** The wind-power forecast with the same words on every target: each test goes on from the one before. */
export function windPower(open: () => Promise<Example>): void {
  let example: Example;
  const ports = { mlflow: 0, ui: 0, graph: 0 };
  beforeAll(async () => {
    example = await open();
    Object.assign(ports, { mlflow: await freePort(), ui: await freePort(), graph: await freePort() });
  });
  afterAll(() => example.remove());

  /** The shipped settings with a short history, a quick feed, and these changes of the pipeline. */
  const configure = (version = "1", pipeline: object = {}) =>
    example.configure({
      ...(example.target === "Docker" ? { platform: { network: { name: "it-ml-app-network" } } } : {}),
      tracking: { publish: { port: ports.mlflow }, ...(example.target === "Kubernetes" ? { hostNames: [NODE] } : {}) },
      pipeline: {
        ...pipeline,
        steps: {
          history: { env: { HISTORY_ROWS: "600", DATA_VERSION: version } },
          stream: { env: { STREAM_INTERVAL: "0.5" } },
          inference: { env: { POLL_INTERVAL: "1" } },
          ui: { publish: { port: ports.ui } },
          "kedro-viz": { publish: { port: ports.graph } },
        },
      },
    });
  const good = async (...args: string[]) => {
    const { code, text } = await example.stack.up(...args);
    expect(code, text).toBe(0);
    return text;
  };
  const ids = async () => {
    const services = ["mlflow", "inference", "stream", "ui", "kedro-viz"];
    return Object.fromEntries(await Promise.all(services.map(async (name) => [name, (await example.ids(name)).join()] as const)));
  };
  const counts = async () => {
    const [rows = 0, predictions = 0] = (/(\d+) (\d+)/.exec(await example.exec("inference", COUNTS)) ?? []).slice(1).map(Number);
    return { rows, predictions };
  };
  /** Waits until there are more than `least` predictions, and gives their number. */
  const predicted = async (least: number) => {
    let seen = { rows: 0, predictions: 0 };
    await until(`there are more than ${least} predictions`, async () => {
      seen = await counts();
      return seen.predictions > least;
    });
    expect(seen.rows).toBeGreaterThanOrEqual(seen.predictions);
    return seen.predictions;
  };

  describe("the wind-power forecast", () => {
    test("comes up as a whole, and predicts what the feed brings", async () => {
      await configure();
      await good();
      for (const [page, path] of Object.entries(PAGES)) {
        const url = await example.url(page);
        await until(`${page} answers`, async () => (await fetch(`${url}${path}`)).status === 200);
      }
      await predicted(await predicted(0));
    });

    test("a second up runs nothing again", async () => {
      await good("--expect-no-changes");
    });

    test("another version of the data runs exactly the work that reads it, and renews who reads that", async () => {
      const before = await ids();
      await configure("2");
      await good();
      const after = await ids();
      const renewed = Object.keys(after).filter((name) => after[name] !== before[name]);
      expect(renewed.sort()).toEqual(["inference", "stream"]);
      await predicted(0);
      await good("--expect-no-changes");
    });

    test("runs a part, and refuses one that lacks what it needs", async () => {
      const before = await ids();
      await configure("2", { only: ["inference"] });
      const { code, text } = await example.stack.up();
      expect(code).not.toBe(0);
      expect(text).toContain('"inference" needs "train" and "history", which are off');
      await configure("2", { only: ["mlflow", "ui"] });
      await good();
      const { mlflow, ui, ...off } = await ids();
      expect([mlflow, off]).toEqual([before["mlflow"], { inference: "", stream: "", "kedro-viz": "" }]);
      expect(ui).not.toBe("");
    });

    test("keeps its rows in PostgreSQL where one line says so", async ({ skip }) => {
      skip(example.target === "Kubernetes", "tried on Docker, to keep the time of both targets alike");
      await configure("2", { database: "postgres", postgres: { keep: false } });
      await good();
      const ask = ["psql", "-U", "app", "-Atc", "select 'rows ' || count(*) from predictions"];
      await until("there are predictions", async () => /rows [1-9]/.test(await example.exec("pipeline-database", ask)));
      await good("--expect-no-changes");
    });

    test("leaves its rows, runs and configuration, which are marked to be kept", async () => {
      expect((await example.stack.destroy()).code).toBe(0);
      const left = (await example.leftovers()).filter((name) => !name.startsWith("Namespace/"));
      expect(left.map((name) => name.replace(/^.*(pipeline-data|mlflow-data|conf)$/, "$1")).sort()).toEqual([
        "conf",
        "mlflow-data",
        "pipeline-data",
      ]);
    });
  });
}
