import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { oldestGo } from "../../tools/offline/go.ts";
import { isPlaced, place } from "../../tools/offline/placed.ts";
import { sourcesKey } from "../../tools/offline/programs.ts";
import versions from "../../tools/offline/versions.json" with { type: "json" };

const TOOLCHAIN = "tools/offline/toolchain";

test("the toolchain's key changes with every source", () => {
  const folder = mkdtempSync(join(tmpdir(), "mlstack-toolchain-"));
  const source = `${TOOLCHAIN}/language-nodejs`;
  cpSync(source, folder, { recursive: true });
  expect(sourcesKey(folder)).toBe(sourcesKey(source));
  writeFileSync(join(folder, "host.go"), "package main\n");
  expect(sourcesKey(folder)).not.toBe(sourcesKey(source));
  rmSync(folder, { recursive: true });
});

test("a program is in its place only while no other one is there, were it as long", () => {
  const folder = mkdtempSync(join(tmpdir(), "mlstack-placed-"));
  const [one, other, at] = ["one", "other", "at"].map((name) => join(folder, name)) as [string, string, string];
  for (const file of [one, other]) writeFileSync(file, file.slice(-3));
  utimesSync(one, 1, 1);
  expect(isPlaced(one, at)).toBe(false);
  place(one, at);
  expect(isPlaced(one, at)).toBe(true);
  place(other, at);
  expect([isPlaced(one, at), isPlaced(other, at)]).toEqual([false, true]);
  rmSync(folder, { recursive: true });
});

describe("the versions", () => {
  const installed = (name: string): string => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
  const required = (module: string, path: string) => new RegExp(`${path} v(\\S+)`).exec(readFileSync(join(module, "go.mod"), "utf8"))?.[1];

  test("of the providers are those of their npm packages", () => {
    expect(versions.docker).toBe(installed("@pulumi/docker"));
    expect(versions.kubernetes).toBe(installed("@pulumi/kubernetes"));
  });

  test("are what the Go modules pin", () => {
    expect(required(`${TOOLCHAIN}/pulumi`, "github.com/pulumi/pulumi/pkg/v3")).toBe(versions.pulumi);
    expect(required(`${TOOLCHAIN}/language-nodejs`, "github.com/pulumi/pulumi/sdk/v3")).toBe(versions.pulumi);
    expect(required("bench/compose", "github.com/docker/compose/v2")).toBe(versions.compose);
  });

  test("of Go is the one that a module asks for", () => {
    const asked = /^go (.*)$/m.exec(readFileSync(`${TOOLCHAIN}/pulumi/go.mod`, "utf8"))?.[1];
    expect(oldestGo(`${TOOLCHAIN}/pulumi`)).toBe(asked);
  });
});
