import { type RequestOptions, request } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { selfSigned } from "../../components/gateway/self-signed.ts";
import type { Example } from "../support/example.ts";
import { picture } from "../support/picture.ts";
import { freePort, until } from "../support/stack.ts";

/** Uploads that are under way at the same time, as the system asks. */
const AT_ONCE = 50;
const KEY = "a-key-for-the-tests-1";
const ORIGIN = "https://clinic.example.com";

/** The cataract classifier behind its edge, with the same words on every target. */
export function imageClassifier(open: () => Promise<Example>): void {
  let example: Example;
  let url: URL;
  let port: number;
  beforeAll(async () => {
    example = await open();
    port = await freePort();
  });
  afterAll(() => example.remove());

  /** The shipped settings on a small machine, with these of the API and of its edge. */
  const configure = (api: object = {}, edge: object = {}, secrets: Record<string, string> = {}) =>
    example.configure(
      {
        serving: {
          api: {
            publish: { port, anyPort: true },
            server: { resources: { reservation: { cpu: 0.1 } } },
            edge: { cors: { origins: [ORIGIN] }, ...edge },
            ...api,
          },
        },
      },
      { "serving.api.edge.keys.demo": KEY, ...secrets },
    );

  /** One request; the certificate of the gateway is its own. */
  const ask = (path: string, { body, ...options }: RequestOptions & { body?: Buffer } = {}) =>
    new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>((resolve, reject) => {
      const asking = request(new URL(path, url), { rejectUnauthorized: false, ...options }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(parts).toString() }));
      });
      asking.on("error", reject);
      asking.end(body);
    });

  /** An upload as a browser's form sends it. */
  const upload = async (path: string, file: Blob, headers: Record<string, string> = { "x-api-key": KEY }) => {
    const form = new FormData();
    form.set("file", file, "eye.png");
    const encoded = new Response(form);
    const body = Buffer.from(await encoded.arrayBuffer());
    const type = encoded.headers.get("content-type") ?? "";
    return ask(path, { method: "POST", headers: { "content-type": type, "content-length": body.length, ...headers }, body });
  };

  describe("the cataract classifier", () => {
    test("trains its models once and serves both behind a certificate", async () => {
      await configure();
      const { code, text } = await example.stack.up();
      expect(code, text).toBe(0);
      url = new URL(await example.url("api"));
      expect(url.protocol).toBe("https:");
      await until("the gateway answers", async () => (await ask("/health")).status === 200);
      expect(JSON.parse((await ask("/health")).text)).toMatchObject({ ray_initialized: true, ray_workers_available: 2 });
    });

    test.each(["/predict_clip", "/predict_lgbm", "/predict_ensemble"])("%s answers for a picture", async (path) => {
      const { status, text } = await upload(path, picture(64));
      expect(status, text).toBe(200);
      expect(JSON.parse(text)).toMatchObject({ probability: expect.any(Number) });
    });

    test("lets nobody in without the right key", async () => {
      expect((await upload("/predict_clip", picture(64), {})).status).toBe(401);
      expect((await upload("/predict_clip", picture(64), { "x-api-key": "a-wrong-key-of-length" })).status).toBe(401);
    });

    test("tells what is wrong with an upload", async () => {
      expect((await upload("/predict_clip", new Blob(["no picture"], { type: "image/png" }))).status).toBe(422);
      expect((await upload("/predict_clip", new Blob(["no picture"], { type: "text/plain" }))).status).toBe(415);
      const large = await ask("/predict_clip", { method: "POST", headers: { "x-api-key": KEY, "content-length": 200 * 2 ** 20 } });
      expect(large.status).toBe(413);
    });

    test("answers pages of the listed origin only", async () => {
      const preflight = (origin: string) =>
        ask("/predict_clip", { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
      expect((await preflight(ORIGIN)).headers["access-control-allow-origin"]).toBe(ORIGIN);
      expect((await preflight("https://other.example.com")).headers).not.toHaveProperty("access-control-allow-origin");
    });

    test("is scaled to three by one number, and serves fifty uploads at once without an error", async () => {
      const before = await example.ids("api");
      await configure({ replicas: 3 });
      const { code, text } = await example.stack.up();
      expect(code, text).toBe(0);
      const after = await example.ids("api");
      expect(after).toHaveLength(3);
      expect(after).toEqual(expect.arrayContaining(before));
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => upload("/predict_ensemble", picture(64))));
      expect(answers.filter(({ status }) => status !== 200).map(({ status, text: said }) => `${status} ${said}`)).toEqual([]);
    });

    test("a second up changes nothing", async () => {
      const { code, text } = await example.stack.up("--expect-no-changes");
      expect(code, text).toBe(0);
    });

    test("a certificate that has expired is refused, and what is served goes on", async () => {
      const before = await example.ids("api-gateway");
      const { certificate, key } = await selfSigned(["clinic.example.com"], new Date("2001-02-03T00:00:00Z"));
      await configure({ replicas: 3 }, { tls: { selfSigned: null, certificate } }, { "serving.api.edge.tls.key": key });
      const { code, text } = await example.stack.up();
      expect(code).not.toBe(0);
      expect(text).toContain("expired on 2011-02-01; renew it and deploy again");
      expect(await example.ids("api-gateway")).toEqual(before);
      expect((await ask("/health")).status).toBe(200);
    });

    test("says when a customer asks too often", async () => {
      await configure({ replicas: 3 }, { rateLimit: { requests: 5 } });
      expect((await example.stack.up()).code).toBe(0);
      await until("the gateway has the new limit", async () => (await upload("/predict_clip", picture(64))).status === 429);
      expect(await upload("/predict_clip", picture(64))).toMatchObject({ status: 429, headers: { "retry-after": expect.any(String) } });
    });

    test("never writes a key down", async () => {
      for (const log of await example.logs("api-gateway")) expect(log).not.toContain(KEY);
      expect((await example.stack.pulumi(["stack", "export"])).text).not.toContain(KEY);
    });

    test("leaves its customers' data, which are marked to be kept", async () => {
      expect((await example.stack.destroy()).code).toBe(0);
      expect((await example.leftovers()).filter((name) => !/customer-data$|^Namespace\//.test(name))).toEqual([]);
    });
  });
}
