import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { DockerOperations } from "../../components/docker/live.ts";
import type { LogRequest } from "../../components/workload/operations.ts";
import { CONTAINER, STATE } from "../support/docker.ts";
import { frame, runningState } from "../support/engine-output.ts";
import { aLive, aReplica, aState, FEATURES } from "../support/live.ts";
import { addressOf, close, listen } from "../support/loopback.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An engine with given answers by method and path without a query, which records its calls. */
let server: Server;
let answers: Record<string, unknown>;
let asked: string[];

beforeEach(async () => {
  answers = {};
  asked = [];
  server = createServer((request, response) => {
    const call = `${request.method} ${request.url}`;
    asked.push(decodeURIComponent(call));
    const answer = answers[call.split("?")[0] ?? ""];
    if (typeof answer === "function") return (answer as Answer)(request, response);
    response.statusCode = answer === undefined ? 404 : answer === null ? 204 : 200;
    response.end(answer === null ? undefined : Buffer.isBuffer(answer) ? answer : JSON.stringify(answer ?? { message: "no such object" }));
  });
  await listen(server);
  vi.stubEnv("DOCKER_HOST", `tcp://${addressOf(server)}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await close(server);
});

const at = (second: number) => `2026-01-01T00:00:0${second}.000000000Z`;
const state = aState(
  ...[0, 1].map((index): [string, object] => [
    `${FEATURES} / mlstack:docker:Service=api / ${CONTAINER}=api-${index}`,
    { outputs: { id: `c${index}`, name: `shop-api-${index}`, labels: [], restart: "unless-stopped" } },
  ]),
);
const operations = () => new DockerOperations(state, STATE);

const inspected = (id: string, name: string, State: object = {}) => ({
  Id: id,
  Name: `/${name}`,
  Created: at(0),
  RestartCount: 0,
  State: {
    ...runningState(at(0)),
    FinishedAt: at(0),
    Health: { Status: "healthy", Log: [] },
    ...State,
  },
  Config: { Image: "a", Env: [] },
  HostConfig: { Memory: 0 },
  NetworkSettings: { Networks: {} },
});

describe("a look", () => {
  test("asks for the containers of the state and the ends that the engine remembers, and changes nothing", async () => {
    answers["GET /containers/c0/json"] = inspected("c0", "shop-api-0");
    answers["GET /events"] = "";
    const [api] = await operations().look();
    expect(api).toMatchObject({ ready: 1, wanted: 2, why: "api-1 is gone: it will be made again" });
    expect(asked.every((call) => call.startsWith("GET "))).toBe(true);
    expect(asked.find((call) => call.includes("/events"))).toContain(`dev.mlstack.owner=${STATE}`);
  });

  describe("at a replica that the engine has not seen ready", () => {
    const CHECK = { Test: ["CMD", "check"], Timeout: 2e9 };
    /** Both replicas as the engine has seen them, and an engine in which the check of each ends so. */
    const unseen = (status: string, lastCode: number | undefined, ends: number) => {
      const Log = lastCode === undefined ? [] : [{ ExitCode: lastCode, Output: "refused" }];
      for (const index of [0, 1]) {
        const container = inspected(`c${index}`, `shop-api-${index}`, { Health: { Status: status, Log } });
        answers[`GET /containers/c${index}/json`] = { ...container, Config: { ...container.Config, Healthcheck: CHECK } };
        answers[`POST /containers/c${index}/exec`] = { Id: `e${index}` };
        answers[`POST /exec/e${index}/start`] = frame(1, "502");
        answers[`GET /exec/e${index}/json`] = { ExitCode: ends };
      }
      answers["GET /events"] = "";
    };
    const checks = () => asked.filter((call) => call.endsWith("/exec"));

    test.each([
      ["starting", undefined],
      ["starting", 1],
      ["unhealthy", 1],
    ])("makes the check itself, as a deployment does: %s", async (status, lastCode) => {
      unseen(status, lastCode, 0);
      expect(await operations().look()).toMatchObject([{ kept: true, ready: 2, why: undefined }]);
      expect(checks()).toHaveLength(2);
    });

    test("says what the check has answered just now", async () => {
      unseen("starting", undefined, 1);
      const [api] = await operations().look();
      expect(api).toMatchObject({ kept: false, ready: 0 });
      expect(api?.why).toContain('api-0 runs, but its readiness check fails: exit code 1, "502"');
    });

    test.each([
      ["healthy", 0],
      // Nothing would end a further one.
      ["unhealthy", -1],
    ])("asks nothing where it need not: %s", async (status, lastCode) => {
      unseen(status, lastCode, 0);
      await operations().look();
      expect(checks()).toEqual([]);
    });
  });

  test("says where no engine answers, and what to do", async () => {
    vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
    await expect(operations().look()).rejects.toThrow(
      /^Docker: no engine answers at tcp:\/\/127\.0\.0\.1:1 \(DOCKER_HOST\) \(.*ECONNREFUSED.*\); start it \(npm start does so where it may\), or name one that runs/,
    );
  });

  test("says what the engine refuses", async () => {
    answers["GET /containers/c0/json"] = (_: IncomingMessage, response: ServerResponse) => {
      response.statusCode = 403;
      response.end(JSON.stringify({ message: "authorization denied by plugin" }));
    };
    await expect(operations().look()).rejects.toThrow(/^Docker: the engine at .* refuses: authorization denied by plugin$/);
  });
});

describe("logs", () => {
  const live = aLive("api", { replicas: [0, 1].map((index) => aReplica(`api-${index}`, { object: `shop-api-${index}` })) });
  const request = (changes: Partial<LogRequest> = {}) => {
    const printed: string[] = [];
    const line = (replica: string, text: string) => void printed.push(`${replica} ${text}`);
    return { follow: false, previous: false, signal: new AbortController().signal, line, ...changes, printed };
  };

  beforeEach(() => {
    answers["GET /containers/json"] = [0, 1].map((index) => ({ Id: `c${index}`, Names: [`/shop-api-${index}`] }));
    for (const index of [0, 1])
      answers[`GET /containers/shop-api-${index}/json`] = inspected(`c${index}`, `shop-api-${index}`, { StartedAt: at(5) });
    answers["GET /containers/c0/logs"] = Buffer.concat([
      frame(1, `${at(1)} one\n${at(3)} th`),
      frame(2, `${at(2)} err\n`),
      frame(1, "ree\n"),
    ]);
    answers["GET /containers/c1/logs"] = frame(1, `${at(4)} four\n`);
  });

  test("of all replicas are one stream, of both outputs", async () => {
    const asks = request({ since: Date.parse(at(1)) });
    await operations().logs([live], [], asks);
    expect(asks.printed.sort()).toEqual(["api-0 err", "api-0 one", "api-0 three", "api-1 four"].sort());
    expect(asked.filter((call) => call.includes("/logs"))[0]).toContain("timestamps=true&since=1767225601.000000000");
  });

  test("of one replica are its own", async () => {
    const asks = request();
    await operations().logs([live], ["api-1"], asks);
    expect(asks.printed).toEqual(["api-1 four"]);
  });

  test("from before the last end stop where the present run began", async () => {
    await operations().logs([live], ["api-1"], request({ previous: true, tail: 1 }));
    const [call] = asked.filter((one) => one.includes("/logs"));
    expect(call).toContain("until=1767225604.999999999");
    // The engine would count the lines of the present run.
    expect(call).not.toContain("tail");
  });

  test("are followed into a container that is made meanwhile, until the user has seen enough", async () => {
    const end = new AbortController();
    const asks = request({ follow: true, signal: end.signal });
    answers["GET /events"] = (_: IncomingMessage, response: ServerResponse) => {
      response.write("\n");
      // A deployment has made a third.
      answers["GET /containers/json"] = [{ Id: "c2", Names: ["/shop-api-2"] }];
      answers["GET /containers/shop-api-2/json"] = inspected("c2", "shop-api-2", { StartedAt: at(6) });
      setImmediate(() => response.write("{}\n"));
    };
    answers["GET /containers/c2/logs"] = (_: IncomingMessage, response: ServerResponse) => {
      response.end(frame(1, `${at(7)} new\n`));
    };
    const line = (replica: string, text: string) => {
      asks.printed.push(`${replica} ${text}`);
      if (text === "new") end.abort();
    };
    await operations().logs([live], [], { ...asks, line });
    expect(asks.printed).toContain("api-2 new");
  });
});

test("replicas are restarted one after another, each ready before the next", async () => {
  let health = "healthy";
  for (const index of [0, 1]) {
    answers[`GET /containers/shop-api-${index}/json`] = (_: IncomingMessage, response: ServerResponse) => {
      response.end(JSON.stringify(inspected(`c${index}`, `shop-api-${index}`, { Health: { Status: health, Log: [] } })));
      health = "healthy";
    };
    answers[`POST /containers/shop-api-${index}/restart`] = (_: IncomingMessage, response: ServerResponse) => {
      health = "starting";
      response.statusCode = 204;
      response.end();
    };
  }
  const said: string[] = [];
  const live = aLive("api", { replicas: [0, 1].map((index) => aReplica(`api-${index}`, { object: `shop-api-${index}` })) });
  await operations().restart(live, (line) => said.push(line));
  expect(said).toEqual(["api-0: ends and starts again", "api-0: ready", "api-1: ends and starts again", "api-1: ready"]);
  const order = asked.filter((call) => call.startsWith("POST ") || call.includes("api-0/json"));
  expect(order.indexOf("POST /containers/shop-api-1/restart")).toBe(order.length - 1);
});

test("a replica that is gone cannot be restarted", async () => {
  const live = aLive("api", { replicas: [aReplica("api-0", { object: "shop-api-0" })] });
  await expect(operations().restart(live, () => {})).rejects.toThrow(
    'api-0 is gone: container "shop-api-0" is not on this engine; npm start makes it again',
  );
});

test("members of a gang are restarted together", async () => {
  let open = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  for (const index of [0, 1]) {
    answers[`GET /containers/shop-ring-${index}/json`] = inspected(`r${index}`, `shop-ring-${index}`);
    answers[`POST /containers/shop-ring-${index}/restart`] = (_: IncomingMessage, response: ServerResponse) => {
      most = Math.max(most, ++open);
      waiting.push(() => {
        response.statusCode = 204;
        response.end();
      });
      if (waiting.length === 2) for (const end of waiting) end();
    };
  }
  const ring = aLive("ring", {
    kind: "gang",
    replicas: [0, 1].map((index) => aReplica(`ring-${index}`, { object: `shop-ring-${index}` })),
  });
  await operations().restart(ring, () => {});
  expect(most).toBe(2);
});
