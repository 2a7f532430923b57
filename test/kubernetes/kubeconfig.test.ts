import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { TRIED } from "../../components/kubernetes/kubeconfig.ts";
import { ROOT } from "../../tools/lib/folders.ts";
import { FakeApi } from "../support/fake-api.ts";
import { addressOf, close, listen } from "../support/loopback.ts";

let api: FakeApi;
beforeAll(async () => {
  api = await new FakeApi().start();
});
afterAll(() => api.stop());
let kubeconfig: string;
beforeEach(() => {
  kubeconfig = api.reset();
});

/** What a program prints after its first line has loaded the reader of kubeconfigs. */
async function printed(text: string): Promise<string> {
  const program = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { KubeConfig } = await import(${JSON.stringify(join(ROOT, "components", "kubernetes", "kubeconfig.ts"))});
    const config = new KubeConfig();
    config.loadFromDefault();
    ${text}
  `;
  const given = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, given, { cwd: ROOT, env: { ...process.env, KUBECONFIG: kubeconfig } });
  return stdout;
}

test("a kubeconfig is read without the classes of all objects, and without a further HTTP client", async () => {
  const text = `
    const unneeded = loaded.filter((url) => /client-node\\/dist\\/gen\\/(models|apis)\\/|\\/undici\\//.test(url));
    console.log(config.getCurrentContext(), loaded.some((url) => url.endsWith("/client-node/dist/config.js")), unneeded.length);
  `;
  expect(await printed(text)).toBe("dev true 0\n");
});

describe("a client of an API", () => {
  const LIST = `
    const { CoreV1Api } = await import("@kubernetes/client-node");
    const { items } = await config.makeApiClient(CoreV1Api).listNode();
    console.log(items.map(({ metadata }) => metadata.name).join());
  `;
  beforeEach(() => {
    api.answers["/api/v1/nodes"] = { items: [{ metadata: { name: "node-1" } }] };
  });

  test("can be made of it", async () => {
    expect(await printed(LIST)).toBe("node-1\n");
    expect(api.asked.map(({ token }) => token)).toEqual(["Bearer token-of-dev"]);
  });

  test("can be made of it for a cluster behind a proxy", async () => {
    const asked: string[] = [];
    const proxy = createServer(({ url = "", headers }, response) => {
      asked.push(url);
      request(url, { headers }, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers))).end();
    });
    await listen(proxy);
    const behind = `config.clusters = config.clusters.map((one) => ({ ...one, proxyUrl: "http://${addressOf(proxy)}" }));`;
    expect(await printed(behind + LIST)).toBe("node-1\n");
    expect(asked).toEqual([`${api.url}/api/v1/nodes`]);
    await close(proxy);
  });
});

test("it was tried with the client that is locked", () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  expect(TRIED).toContain(packages["node_modules/@kubernetes/client-node"].version);
});
