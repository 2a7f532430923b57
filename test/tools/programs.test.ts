import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { oldestGo } from "../../tools/offline/go.ts";
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
