import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";

import { hashOf } from "../../components/gateway/keys.ts";
import { checkedSecrets } from "../../components/gateway/secrets.ts";
import { selfSigned } from "../../components/gateway/self-signed.ts";
import { Gateway, type GatewayArgs, type GatewayEdge, type gatewayEdge, type gatewaySchema } from "../../components/gateway.ts";
import type { ConfigFilesSpec, SecretSpec, Service, ServiceSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const KEY = "a-key-of-16-chars";
const expired = await selfSigned(["localhost"], new Date("2001-02-03T00:00:00Z"));

function serviceNamed(name: string, port: number): Service {
  const resource = new pulumi.ComponentResource("test:index:Service", name);
  return { kind: "service", name, resource, address: name, replicasAddress: `${name}-replicas`, port, url: undefined };
}

async function built(changes: (more: { other: Service }) => Partial<GatewayArgs> = () => ({})) {
  const platform = new FakePlatform();
  const gateway = await engine.run(() => {
    const more = changes({ other: serviceNamed("other", 9000) });
    return new Gateway("gateway", { platform, image: "gateway:1", service: serviceNamed("api", 8000), ...more });
  });
  const config = (platform.spec("configFiles", "gateway-config") as ConfigFilesSpec).files["haproxy.cfg"] ?? "";
  return { platform, gateway, config, spec: platform.spec("service", "gateway") as ServiceSpec };
}

const known = <T>(output: pulumi.Output<T> | undefined) =>
  new Promise<T | undefined>((resolve) => pulumi.output(output).apply((value) => resolve(value as T)));

test("without an edge it has no secret and no variable", async () => {
  const { platform, spec, config } = await built();
  expect(platform.lines).toEqual(["configFiles gateway-config", "service gateway"]);
  expect(spec.container.env).toBeUndefined();
  expect(config).toContain("server-template replica 1-64 api-replicas:8000");
});

test("keys reach the image as hashes in a secret, and nothing else", async () => {
  const { platform, spec, config } = await built(() => ({ edge: { keys: { acme: [KEY, pulumi.secret("another-key-of-acme")] } } }));
  expect(platform.lines[0]).toBe("secret gateway-edge");
  const value = pulumi.output((platform.spec("secret", "gateway-edge") as SecretSpec).values["GATEWAY_KEYS"] ?? "");
  expect(await pulumi.isSecret(value)).toBe(true);
  expect(await known(value)).toBe(`${hashOf(KEY)} acme\n${hashOf("another-key-of-acme")} acme`);
  expect(spec.container.env).toEqual({
    GATEWAY_KEYS: { from: "secret", secret: expect.objectContaining({ name: "gateway-edge" }), key: "GATEWAY_KEYS" },
  });
  expect(config).not.toContain(hashOf(KEY));
});

test("a canary and a shadow may be called, and are not waited for", async () => {
  const { spec, config } = await built(({ other }) => ({
    canary: { service: other, percent: 5 },
    shadow: { service: other, percent: 50 },
  }));
  expect(spec.container.calls?.map((one) => "name" in one && one.name)).toEqual(["api", "other", "other"]);
  expect(spec.after?.map(({ name }) => name)).toEqual(["api"]);
  expect(config).toContain("use_backend canary if { rand(10000) lt 500 }");
  expect(config.match(/other-replicas:9000/g)).toHaveLength(2);
});

describe("with TLS", () => {
  const publish = { port: 8443 };

  test("its address says so, and its own certificate is an output and stays", async () => {
    const { gateway, platform } = await built(() => ({ publish, edge: { tls: { selfSigned: true, hosts: ["models.test"] } } }));
    expect(await known(gateway.url)).toBe("https://127.0.0.1:8443");
    const pem = await known(pulumi.output((platform.spec("secret", "gateway-edge") as SecretSpec).values["GATEWAY_TLS"] ?? ""));
    const certificate = await known(gateway.certificate);
    expect(pem).toContain(certificate?.trim());
    expect(pem).toContain("PRIVATE KEY");
    const stash = engine.resources.find(({ type }) => type === "pulumi:index:Stash");
    expect(engine.options("pulumi:index:Stash", stash?.name ?? "").ignoreChanges).toEqual(["input"]);
  });

  test("other hosts are another certificate, the same hosts the same", async () => {
    const names = async (hosts: string[]) => {
      await built(() => ({ edge: { tls: { selfSigned: true, hosts } } }));
      return engine.resources.filter(({ type }) => type === "pulumi:index:Stash").map(({ name }) => name);
    };
    expect(await names(["a.test"])).toEqual(await names(["a.test"]));
    expect(await names(["a.test"])).not.toEqual(await names(["b.test"]));
  });
});

describe("secrets that are outputs", () => {
  const owner = { kind: "Gateway", name: "gateway" };

  test("are refused all at once when they are known, without their values", () => {
    const check = () => checkedSecrets(owner, { acme: ["sekret"] }, { certificate: expired.certificate, key: "sekret" });
    expect(check).toThrow(
      [
        'Gateway "gateway": 3 invalid arguments',
        "  edge.keys.acme: must have at least 16 characters; `openssl rand -hex 24` makes a good one",
        "  edge.tls.certificate: (CN=mlstack gateway) expired on 2011-02-01; renew it and deploy again",
        "  edge.tls.key: must be a private key as PEM, not encrypted",
      ].join("\n"),
    );
    expect(check).not.toThrow(/sekret/);
  });

  test("are left to the deployment where a preview does not know them yet", async () => {
    const unknown = pulumi.output(new Promise<string>(() => {}));
    await expect(built(() => ({ edge: { keys: { acme: pulumi.secret(unknown) } } }))).resolves.toBeDefined();
  });
});

describe("refuses", () => {
  test.each<[object, string]>([
    [{ readyPath: "/a'b" }, 'readyPath: must be a path of letters, digits and ._~/- that starts with "/", got "/a\'b"'],
    [{ canary: { percent: 5 } }, "canary.service: must be a service of the platform"],
    [{ edge: { keys: { acme: "short" } } }, "edge.keys.acme: must have at least 16 characters; `openssl rand -hex 24` makes a good one"],
    [{ edge: { tls: expired } }, "edge.tls.certificate: (CN=mlstack gateway) expired on 2011-02-01; renew it and deploy again"],
  ])("%#", async (changes, message) => {
    await expect(built(() => changes)).rejects.toThrow(`Gateway "gateway": 1 invalid argument\n  ${message}`);
  });

  test.each([-1, 101, 0.001])("a share of %d percent", async (percent) => {
    await expect(built(({ other }) => ({ canary: { service: other, percent } }))).rejects.toThrow(/canary\.percent: must /);
  });
});

test("the schemas and the documented arguments are the same", () => {
  expectTypeOf<keyof z.input<typeof gatewaySchema>>().toEqualTypeOf<Exclude<keyof GatewayArgs, "platform">>();
  expectTypeOf<z.input<typeof gatewayEdge>>().toEqualTypeOf<GatewayEdge>();
});
