import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { text } from "node:stream/consumers";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import { ApiError, Cluster } from "../../components/kubernetes/cluster.ts";
import { FakeApi } from "../support/fake-api.ts";
import { addressOf, close, listen } from "../support/loopback.ts";

let api: FakeApi;
beforeAll(async () => {
  api = await new FakeApi().start();
});
afterAll(() => api.stop());
beforeEach(() => vi.stubEnv("KUBECONFIG", api.reset()));
afterEach(() => vi.unstubAllEnvs());

describe("a context", () => {
  test("is the current one unless one is named, and speaks as its user", async () => {
    expect(new Cluster(undefined).context).toBe("dev");
    for (const context of [undefined, "prod"]) await new Cluster(context).get("/version");
    expect(new Set(api.asked.map(({ token }) => token))).toEqual(new Set(["Bearer token-of-dev", "Bearer token-of-prod"]));
  });

  test("that does not exist is refused, with those that do", () => {
    expect(() => new Cluster("staging")).toThrow(pulumi.RunError);
    expect(() => new Cluster("staging")).toThrow(
      'Kubernetes: the kubeconfig has no context "staging"; known are "dev", "prod".\n  Correct platform.context, or set KUBECONFIG to the file that has it.\n  Nothing was changed.',
    );
  });

  test("that does not exist may be replaced by the current one, for a command that checks the cluster itself", () => {
    expect(new Cluster("staging", { orCurrent: true }).context).toBe("dev");
    expect(new Cluster("prod", { orCurrent: true }).context).toBe("prod");
  });
});

test("a refusal has its status and the server's words", async () => {
  api.answers["/api/v1/x"] = 409;
  const error = await new Cluster(undefined).get("/api/v1/x").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 409, message: "refused with 409" });
});

let server: Server | undefined;
/** Connections that it was asked for. */
let made = 0;
afterEach(async () => {
  if (server !== undefined) await close(server);
  server = undefined;
});

/** A cluster whose API server answers so. */
async function answering(answer: RequestListener): Promise<Cluster> {
  made = 0;
  server = createServer(answer).on("connection", () => {
    made += 1;
  });
  await listen(server);
  api.kubeconfig(`http://${addressOf(server)}`);
  return new Cluster(undefined);
}

describe("an answer", () => {
  const firstPart = (answer: IncomingMessage) => new Promise<string>((resolve) => answer.once("data", (part) => resolve(String(part))));

  test("is read while the server still writes it", async () => {
    let end = () => {};
    const cluster = await answering((_, response) => {
      response.write("one ");
      end = () => response.end("two");
    });
    const answer = await cluster.stream("GET", "/log", { query: { follow: "true" }, silence: "allowed" });
    expect(await firstPart(answer)).toBe("one ");
    end();
    expect(await text(answer)).toBe("two");
  });

  test("that breaks off is a failure, and not a short answer", async () => {
    const cluster = await answering((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{}", () => response.destroy());
    });
    await expect(cluster.text("/api/v1/x")).rejects.toThrow();
  });

  test.each(["POST", "DELETE"] as const)("to a %s follows the whole object that was sent", async (method) => {
    const received: unknown[] = [];
    const cluster = await answering((request, response) => {
      void text(request).then((body) => {
        received.push([request.method, request.headers["content-type"], body]);
        response.end(JSON.stringify({ kind: "Status", count: received.length }));
      });
    });
    for (const count of [1, 2]) expect(await cluster.send(method, "/jobs/a", { name: "ü", count })).toEqual({ kind: "Status", count });
    expect(received).toEqual([1, 2].map((count) => [method, "application/json", JSON.stringify({ name: "ü", count })]));
  });
});

describe("connections", () => {
  test("are few, and stay open for further calls", async () => {
    const cluster = await answering((_, response) => response.end("{}"));
    await Promise.all(Array.from({ length: 20 }, () => cluster.get("/version")));
    await cluster.get("/version");
    expect(made).toBeLessThanOrEqual(4);
  });

  test("that are followed hold up no call", async () => {
    const cluster = await answering(({ url }, response) => {
      if (url === "/log") response.write("one ");
      else response.end("{}");
    });
    const followed = await Promise.all(Array.from({ length: 9 }, () => cluster.stream("GET", "/log", { silence: "allowed" })));
    expect(await cluster.get("/version")).toEqual({});
    for (const answer of followed) answer.destroy();
  });

  test.each([
    ["GET", "is sent once more", 3],
    ["DELETE", "is not, since it may have been done", 2],
  ] as const)("that the server just closed: a %s %s", async (method, _, asked) => {
    let [count, broken] = [0, 0];
    const cluster = await answering((request, response) => {
      count += 1;
      if (count !== 2) return response.end("{}");
      broken += 1;
      return request.socket.destroy();
    });
    await cluster.get("/version");
    const second = method === "GET" ? cluster.get("/version") : cluster.send(method, "/jobs/a", {});
    if (method === "GET") expect(await second).toEqual({});
    else await expect(second).rejects.toThrow();
    expect([count, broken]).toEqual([asked, 1]);
  });
});
