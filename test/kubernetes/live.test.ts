import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Cluster } from "../../components/kubernetes/cluster.ts";
import { KubernetesOperations } from "../../components/kubernetes/live.ts";
import { exitCodeIn } from "../../components/kubernetes/live-shell.ts";
import type { LogRequest } from "../../components/workload/operations.ts";
import { FakeApi } from "../support/fake-api.ts";
import { DEPLOYMENT, JOB, SERVICE } from "../support/kubernetes.ts";
import { aLive, aReplica, aState, FEATURES } from "../support/live.ts";
import { addressOf, close, listen } from "../support/loopback.ts";
import { aPod } from "../support/pods.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const API = "/apis/apps/v1/namespaces/shop/deployments";
const PODS = "/api/v1/namespaces/shop/pods";

/** An API server with answers by method and path, which records what it was sent. */
let server: Server;
let files: FakeApi;
let answers: Record<string, unknown>;
let asked: { call: string; query: URLSearchParams; type: string | undefined; body: string }[];

beforeEach(async () => {
  answers = {};
  asked = [];
  server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    const body = await text(request);
    const call = `${request.method} ${url.pathname}`;
    asked.push({ call, query: url.searchParams, type: request.headers["content-type"], body });
    const answer =
      answers[call] ??
      (request.method === "GET" && /\/(deployments|statefulsets|jobs|pods|events)$/.test(url.pathname) ? { items: [] } : 404);
    if (typeof answer === "function") return (answer as Answer)(request, response, body);
    response.statusCode = typeof answer === "number" ? answer : 200;
    response.end(
      typeof answer === "string" ? answer : JSON.stringify(typeof answer === "number" ? { message: `refused with ${answer}` } : answer),
    );
  });
  await listen(server);
  files = await new FakeApi().start();
  vi.stubEnv("KUBECONFIG", files.kubeconfig(`http://${addressOf(server)}`));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await files.stop();
  await close(server);
});

const noun = (kind: string, name: string) => `${FEATURES} / mlstack:kubernetes:${kind}=${name}`;
const state = aState(
  [`${noun("Service", "api")} / ${DEPLOYMENT}=api`, { id: "shop/api", inputs: { spec: { replicas: 2 } } }],
  [`${noun("Service", "api")} / ${SERVICE}=api`, { id: "shop/api", inputs: { spec: { ports: [{ port: 8000 }] } } }],
  [`${noun("Job", "build")} / ${JOB}=build`, { id: "shop/build", inputs: { spec: {} } }],
  ["kubernetes:core/v1:ConfigMap=deployed", { id: "shop/shop-dev-deployed" }],
);
const operations = () => new KubernetesOperations(new Cluster(undefined), state, "shop.dev");

const deployment = (ready: number, wanted = 2, metadata = {}) => ({
  metadata: { name: "api", generation: 1, ...metadata },
  spec: { replicas: wanted, template: {} },
  status: { observedGeneration: 1, replicas: wanted, updatedReplicas: wanted, availableReplicas: ready },
});
const pod = (name: string, changes: object = {}) =>
  aPod(
    name,
    { ready: true, state: { running: { startedAt: "2026-01-01T00:00:00Z" } }, ...changes },
    { metadata: { name, creationTimestamp: name, labels: { "mlstack.dev/workload": "api" } } },
  );
const complete = {
  metadata: { name: "build" },
  status: { conditions: [{ type: "Complete", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }] },
};

describe("a look", () => {
  test("at what keeps its promise: one list of each kind, by the stack's label", async () => {
    answers[`GET ${API}`] = { items: [deployment(2)] };
    answers["GET /apis/batch/v1/namespaces/shop/jobs"] = { items: [complete] };
    answers[`GET ${PODS}`] = { items: [pod("api-a"), pod("api-b")] };
    expect(await operations().look()).toMatchObject([
      { name: "api", kept: true, ready: 2, wanted: 2, replicas: [{ name: "api-0", object: "api-a" }, { name: "api-1" }] },
      { name: "build", kept: true, doneAt: "2026-01-01T00:00:00Z" },
    ]);
    expect(asked.map(({ call }) => call).filter((call) => !call.endsWith("-deployed"))).toHaveLength(4);
    expect(
      asked.every(({ call, query }) => call.endsWith("-deployed") || query.get("labelSelector") === "mlstack.dev/stack=shop.dev"),
    ).toBe(true);
  });

  test("at what was scaled by hand: what the last deployment declared is wanted", async () => {
    const managedFields = [
      { manager: "pulumi-kubernetes", fieldsV1: { "f:spec": { "f:template": {} } } },
      { manager: "kubectl", fieldsV1: { "f:spec": { "f:replicas": {} } } },
    ];
    answers[`GET ${API}`] = { items: [deployment(1, 1, { managedFields })] };
    answers[`GET ${PODS}`] = { items: [pod("api-a")] };
    const [api] = await operations().look();
    const remarks = ['service "api" was scaled to 1 by hand: 2 again'];
    expect(api).toMatchObject({ kept: false, why: "it was set to 1 of 2 replicas", ready: 1, wanted: 2, remarks });
  });

  test("at what was scaled to nothing: no pod of it is missing", async () => {
    answers[`GET ${API}`] = { items: [deployment(0, 0)] };
    const [api] = await operations().look();
    expect(api).toMatchObject({ kept: false, why: "it was set to 0 of 2 replicas", ready: 0, wanted: 2 });
  });

  test("at a pod that ends again and again, in the words of a deployment", async () => {
    const crash = {
      ready: false,
      restartCount: 4,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 3 } },
    };
    answers[`GET ${API}`] = { items: [deployment(1)] };
    answers[`GET ${PODS}`] = { items: [pod("api-a"), pod("api-b", crash)] };
    expect((await operations().look())[0]).toMatchObject({
      kept: false,
      ready: 1,
      why: "api-b ends with exit code 3, again and again (5 times)",
    });
  });

  test("at what is gone; work that has succeeded may be", async () => {
    const jobs = JSON.stringify({ build: {} });
    answers["GET /api/v1/namespaces/shop/configmaps/shop-dev-deployed"] = { metadata: { annotations: { "mlstack.dev/jobs": jobs } } };
    expect(await operations().look()).toMatchObject([
      { kept: false, why: 'service "api" is gone: Deployment "api" is not in the namespace; npm start makes it again' },
      { name: "build", kept: true },
    ]);
  });

  test.each([
    [403, /does not let this user do that in namespace "shop": refused with 403; ask for a role that may$/],
    [401, /does not know this user: refused with 401; log in again$/],
    [500, /refuses: refused with 500$/],
  ])("that the server answers with %i is a sentence", async (status, message) => {
    answers[`GET ${PODS}`] = status;
    await expect(operations().look()).rejects.toThrow(message);
  });

  test("where no cluster answers is a sentence", async () => {
    vi.stubEnv("KUBECONFIG", files.kubeconfig("http://127.0.0.1:1"));
    await expect(operations().look()).rejects.toThrow(
      /^Kubernetes: no cluster answers at http:\/\/127\.0\.0\.1:1 \(context "dev"\): .*ECONNREFUSED/,
    );
  });
});

describe("logs", () => {
  const request = (changes: Partial<LogRequest> = {}) => {
    const printed: string[] = [];
    const line = (replica: string, out: string) => void printed.push(`${replica} ${out}`);
    return { follow: false, previous: false, signal: new AbortController().signal, line, ...changes, printed };
  };
  const at = (second: number, out: string) => `2026-01-01T00:00:0${second}.000000000Z ${out}\n`;
  const log = (name: string) => `GET ${PODS}/${name}/log`;

  beforeEach(() => {
    answers[`GET ${PODS}`] = { items: [pod("api-a"), pod("api-b", { restartCount: 1 })] };
    answers[log("api-a")] = at(2, "two");
    answers[log("api-b")] = (incoming: IncomingMessage, response: ServerResponse) =>
      response.end(incoming.url?.includes("previous=true") === true ? at(1, "before") : at(3, "after"));
  });

  test("of all replicas are one stream by time, with the run before the last end", async () => {
    const asks = request();
    await operations().logs([aLive("api")], [], asks);
    expect(asks.printed).toEqual(["api-1 before", "api-0 two", "api-1 after"]);
  });

  test("from before the last end only", async () => {
    const asks = request({ previous: true });
    await operations().logs([aLive("api")], [], asks);
    expect(asks.printed).toEqual(["api-1 before"]);
  });

  test("are followed into pods that are new, each under a number that is free, and print no line twice", async () => {
    const end = new AbortController();
    const asks = request({ follow: true, signal: end.signal });
    // A rollout: the second pod is there before the first leaves, and the third after it.
    const starting = aPod("api-d", undefined, { metadata: pod("api-d").metadata });
    const looks = [[pod("api-a")], [pod("api-a"), pod("api-c")], [pod("api-c"), starting], [pod("api-c"), pod("api-d")]];
    let watch: ServerResponse | undefined;
    answers[`GET ${PODS}`] = (incoming: IncomingMessage, response: ServerResponse) => {
      if (incoming.url?.includes("watch=true") === true) {
        watch = response;
        response.write("{}\n");
      } else {
        // What a pod has begun shows with a later look.
        if (looks.length === 2) setImmediate(() => watch?.write("{}\n"));
        response.end(JSON.stringify({ items: looks.length > 1 ? looks.shift() : looks[0] }));
      }
    };
    answers[log("api-a")] = (incoming: IncomingMessage, response: ServerResponse) => {
      response.write(at(2, "two"));
      if (incoming.url?.includes("follow=true") !== true) response.end();
    };
    answers[log("api-c")] = at(5, "second");
    answers[log("api-d")] = at(6, "third");
    const line = (replica: string, out: string) => {
      asks.printed.push(`${replica} ${out}`);
      if (out === "second") watch?.write("{}\n");
      if (out === "third") end.abort();
    };
    await operations().logs([aLive("api")], [], { ...asks, line });
    expect(asks.printed).toEqual(["api-0 two", "api-1 second", "api-0 third"]);
  });
});

describe("a restart", () => {
  test("sets what kubectl sets, under a name that is not the provider's, and waits until the new pods are ready", async () => {
    answers[`GET ${API}/api`] = deployment(2);
    answers[`PATCH ${API}/api`] = {};
    const said: string[] = [];
    await operations().restart(aLive("api", { replicas: [aReplica("api-0", { object: "api-6d5f-x2x4z" })] }), (line) => said.push(line));
    const patch = asked.find(({ call }) => call.startsWith("PATCH"));
    expect(patch?.query.get("fieldManager")).toBe("mlstack-restart");
    expect(patch?.type).toBe("application/strategic-merge-patch+json");
    expect(JSON.parse(patch?.body ?? "")).toEqual({
      spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": expect.stringMatching(/^20\d\d-/) } } } },
    });
    expect(said.at(-1)).toBe("api: ready");
  });

  test("of training evicts its pods, which uses up none of their restarts", async () => {
    const ring = aLive("ring", {
      kind: "gang",
      replicas: [aReplica("ring-0", { object: "ring-0-x" }), aReplica("ring-1", { object: "ring-1-y", since: undefined })],
    });
    const runs = (name: string) => aPod(name, undefined, { metadata: { name }, status: { phase: "Running" } });
    answers[`POST ${PODS}/ring-0-x/eviction`] = {};
    // The evicted one runs until its grace is over.
    const looks = [
      [runs("ring-0-x"), runs("ring-1-z")],
      [runs("ring-0-w"), runs("ring-1-z")],
    ];
    answers[`GET ${PODS}`] = (_: IncomingMessage, response: ServerResponse) =>
      void response.end(JSON.stringify({ items: looks.length > 1 ? looks.shift() : looks[0] }));
    const said: string[] = [];
    await operations().restart(ring, (line) => said.push(line));
    expect(said).toEqual(["ring: ring-0 end and start again", "ring: all members have started"]);
    expect(asked.filter(({ call }) => call === `GET ${PODS}`)).toHaveLength(2);
    expect(asked.filter(({ call }) => call.startsWith("POST")).map(({ call }) => call)).toEqual([`POST ${PODS}/ring-0-x/eviction`]);
  });
});

test("a port of this machine leads to a service and to nothing else", async () => {
  const forward = await operations().forward(aLive("api"), 0);
  expect(forward?.port).toBeGreaterThan(0);
  await forward?.close();
  expect(await operations().forward(aLive("build", { kind: "job" }), undefined)).toBeUndefined();
});

test("a command that this user may not run is a sentence", async () => {
  server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n"));
  const { stdin: input, stdout: output, stderr: errors } = process;
  const asked = operations().shell(aLive("api"), aReplica("api-0"), { command: ["ls"], input, output, errors });
  await expect(asked).rejects.toThrow(
    /does not let this user do that in namespace "shop": Unexpected server response: 403; ask for a role that may$/,
  );
});

test("a command for which no cluster answers is a sentence", async () => {
  vi.stubEnv("KUBECONFIG", files.kubeconfig("http://127.0.0.1:1"));
  const { stdin: input, stdout: output, stderr: errors } = process;
  const asked = operations().shell(aLive("api"), aReplica("api-0"), { command: ["ls"], input, output, errors });
  await expect(asked).rejects.toThrow(/^Kubernetes: no cluster answers at http:\/\/127\.0\.0\.1:1 \(context "dev"\): .*ECONNREFUSED/);
});

test("a command's exit code is the one of the command", () => {
  expect(exitCodeIn({ details: { causes: [{ reason: "ExitCode", message: "7" }] } })).toBe(7);
  expect(exitCodeIn({})).toBeUndefined();
});
