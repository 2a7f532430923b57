import { describe, expect, test } from "vitest";

import { stackSettings } from "../../infra/stack.ts";
import { causesOf } from "../../tools/settings/cause.ts";

const stack = { folder: "/nowhere", project: "shop", name: "test" };
/** As small as a stack can be, since every setting of it is tried. */
const settings = (platform: object) =>
  stackSettings.parse({ platform, features: { backend: "parquet", publish: { port: 30_080 } }, images: ALL }) as Record<string, unknown>;
const ALL = Object.fromEntries(
  ["redis", "features", "feature-api", "gateway"].map((name) => [name, `r.example.com/${name}@sha256:${"a".repeat(64)}`]),
);

const causes = async (platform: object, name: string, field: string) => {
  const { resource, value, settings: paths } = await causesOf(stack, settings(platform), name, field);
  return { resource, value, settings: paths.map((path) => path.join(".")) };
};

describe.each([
  ["Docker", { kind: "docker" }, "api-0", "Container api-0"],
  ["Kubernetes", { kind: "kubernetes", pinnedImages: false }, "deployment/api", "Deployment api"],
])("on %s", (_, platform, name, resource) => {
  test("a variable leads to its setting", async () => {
    expect(await causes(platform, name, "env.LOG_LEVEL")).toEqual({ resource, value: "INFO", settings: ["features.api.logLevel"] });
  });

  test("what the program derives by itself has no setting", async () => {
    expect(await causes(platform, name, "env.STORAGE_BASE_DIR")).toMatchObject({ value: "/app/data/features", settings: [] });
  });

  test("an unknown name or field is answered with those that there are", async () => {
    await expect(causes(platform, "nosuch", "x")).rejects.toThrow(/nothing called "nosuch"; it has .*api/);
    await expect(causes(platform, name, "nosuch")).rejects.toThrow(/has no field "nosuch" \(.*\); a variable is env\.NAME/);
  });
});
