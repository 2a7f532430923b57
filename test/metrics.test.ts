import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { ROOT } from "./support/documents.ts";

const WORKLOADS = join(ROOT, "workloads");

/** Folders of `workloads/` whose package is a FastAPI application. */
const servers = readdirSync(WORKLOADS).filter((name) => {
  const requirements = join(WORKLOADS, name, "requirements.txt");
  return name !== "common" && existsSync(requirements) && existsSync(join(WORKLOADS, name, "tests")) && usesFastApi(name);
});

function usesFastApi(name: string): boolean {
  return sources(name).some((source) => /^from fastapi import/m.test(source));
}

function sources(name: string): string[] {
  return pythonIn(join(WORKLOADS, name)).filter((source) => source !== "");
}

function pythonIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".py"))
    .map((file) => readFileSync(join(folder, file), "utf8"));
}

/** Whether its image runs a server. */
function opensPort(name: string): boolean {
  const file = join(WORKLOADS, name, "Dockerfile");
  return existsSync(file) && /^EXPOSE /m.test(readFileSync(file, "utf8"));
}

/** Whether it has the numbers of a step, which needs no application. */
function isStep(name: string): boolean {
  return /^ +step_conforms\(/m.test(pythonIn(join(WORKLOADS, name, "tests")).join("\n"));
}

describe("the one contract of metrics", () => {
  test("there are servers", () =>
    expect(servers).toEqual(expect.arrayContaining(["feature-api", "image-api", "image-classifier", "model-server"])));

  test.each(servers)("%s is measured, and a test of its image refuses it without the contract", (name) => {
    const all = sources(name).join("\n");
    expect(all).toMatch(/^from mlstack_common\.measure import measure$/m);
    const tests = pythonIn(join(WORKLOADS, name, "tests")).join("\n");
    expect(tests).toMatch(new RegExp(`^ +conforms\\(text, "${name}"`, "m"));
    expect(readFileSync(join(WORKLOADS, name, "Dockerfile"), "utf8")).toContain("common/testing/metrics_contract.py");
  });

  test("the page lists exactly the names of the code", () => {
    const code = ["metrics.py", "shift_metrics.py"]
      .map((file) => readFileSync(join(WORKLOADS, "common/mlstack_common", file), "utf8"))
      .join("\n");
    const inCode = [...code.matchAll(/(?:counter|gauge|histogram|GaugeMetricFamily)\("(mlstack_\w+)"/g)].map(([, name]) => name).sort();
    const page = readFileSync(join(ROOT, "docs/metrics.md"), "utf8");
    const onPage = [...page.matchAll(/^\| `(mlstack_\w+)` \|/gm)].map(([, name]) => name).sort();
    expect(inCode.length).toBeGreaterThan(10);
    expect(onPage).toEqual(inCode);
  });

  test("what has no metrics of the contract is on the page, with what it has instead", () => {
    const others = readdirSync(WORKLOADS).filter((name) => opensPort(name) && !servers.includes(name) && !isStep(name));
    expect(others.length).toBeGreaterThan(3);
    const page = readFileSync(join(ROOT, "docs/metrics.md"), "utf8");
    const onPage = [...page.matchAll(/^\| `([\w-]+)`[^|]*\|[^|]*(?:no `\/metrics`|own numbers)/gm)].map(([, name]) => name);
    expect(onPage.sort()).toEqual(others.sort());
  });

  test("no server counts requests under a name of its own", () => {
    const own = servers.flatMap((name) => [
      ...sources(name)
        .join("\n")
        .matchAll(/(?:Counter|Histogram)\("((?!mlstack_)\w*request\w*)"/g),
    ]);
    expect(own.map(([, name]) => name)).toEqual([]);
  });
});
