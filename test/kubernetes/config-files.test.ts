import { beforeAll, describe, expect, test } from "vitest";

import { MockEngine } from "../support/engine.ts";
import { CONFIG_MAP, DEPLOYMENT, onKubernetes, templateOf } from "../support/kubernetes.ts";
import { aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

describe("files", () => {
  const files = async (given: Record<string, string>) => {
    await onKubernetes(engine, (platform, opts) => {
      const mounts = [{ files: platform.configFiles("config", { files: given }, opts), path: "/etc/a" }];
      platform.service("api", aServiceSpec({ container: { image: "a", mounts } }), opts);
    });
    const [name = ""] = [...engine.of(CONFIG_MAP).keys()];
    return name;
  };

  test("are a map that cannot change, named after its content, which restarts what mounts it", async () => {
    const name = await files({ "a.cfg": "one" });
    expect(name).toMatch(/^config-[0-9a-f]{8}$/);
    expect(engine.inputs(CONFIG_MAP, name)).toMatchObject({ metadata: { name }, data: { "a.cfg": "one" }, immutable: true });
    expect(templateOf(engine, DEPLOYMENT, "api").spec.volumes?.[0]?.configMap?.name).toBe(name);
  });

  test("have one name for one content, in whatever order", async () => {
    expect(await files({ a: "1", b: "2" })).toBe(await files({ b: "2", a: "1" }));
    expect(await files({ a: "1", b: "2" })).not.toBe(await files({ a: "2", b: "1" }));
    expect(await files({ a: "1" })).not.toBe(await files({ b: "1" }));
  });
});
