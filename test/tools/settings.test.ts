import { describe, expect, test } from "vitest";
import { parse } from "yaml";

import { keysOf } from "../../infra/layers/path.ts";
import { withSalt, withSecrets } from "../../tools/setup/settings.ts";

describe("settings of a stack on this machine", () => {
  test("are the tracked ones with the machine's salt", () => {
    const merged = withSalt("# a comment\nconfig:\n  mlstack:platform:\n    kind: docker\n", "v1:salt");
    expect(merged).toContain("# a comment");
    expect(merged).toMatch(/kind: docker\nencryptionsalt: v1:salt\n$/);
  });

  test("keep a salt of their own", () => expect(withSalt("encryptionsalt: v1:own\n", "v1:other")).toBe("encryptionsalt: v1:own\n"));

  describe("with generated secrets", () => {
    const secret = { secure: "v1:x:y" };
    const merged = (settings: string, path: string) => parse(withSecrets(settings, { [path]: secret }));

    test("have them at their places, beside what is there", () => {
      const settings = "config:\n  mlstack:tracking:\n    # who\n    admin: { user: kim }\n    port: 5000\n";
      expect(merged(settings, "mlstack:tracking.admin.password").config).toEqual({
        "mlstack:tracking": { admin: { user: "kim", password: secret }, port: 5000 },
      });
      expect(withSecrets(settings, { "mlstack:tracking.admin.password": secret })).toContain("# who");
    });

    test("have them where nothing is yet", () => {
      expect(merged("config:\n  mlstack:tracking:\n", "mlstack:tracking.admin.password").config).toEqual({
        "mlstack:tracking": { admin: { password: secret } },
      });
      expect(merged("", "mlstack:redisPassword")).toEqual({ config: { "mlstack:redisPassword": secret } });
    });

    test("keep a value of their own", () => {
      const settings = "config:\n  mlstack:tracking:\n    admin:\n      password: { secure: v1:own }\n";
      expect(withSecrets(settings, { "mlstack:tracking.admin.password": secret })).toContain("v1:own");
      expect(withSecrets(settings, { "mlstack:tracking.admin.password": secret })).not.toContain("v1:x:y");
    });
  });

  test.each([
    ["mlstack:redisPassword", ["mlstack:redisPassword"]],
    ["mlstack:tracking.admin.password", ["mlstack:tracking", "admin", "password"]],
    ["mlstack:edge.keys[0].value", ["mlstack:edge", "keys", 0, "value"]],
    ['mlstack:edge.customers["a.b"]', ["mlstack:edge", "customers", "a.b"]],
  ])("%s is a path of %j", (path, keys) => expect(keysOf(path)).toEqual(keys));
});
