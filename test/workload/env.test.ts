import { expect, test } from "vitest";
import { fingerprintOf, serviceTextOf } from "../../components/workload/adapter/index.ts";
import { addressOf, endpointOf, env, gangEnv, isServiceReference, secretValue, urlOf } from "../../components/workload/index.ts";
import { messages } from "../support/messages.ts";
import { aSecret, aService } from "../support/specs.ts";

const tracking = aService("tracking", 5000);

test.each([
  [addressOf(tracking), "tracking"],
  [endpointOf(tracking), "tracking:5000"],
  [urlOf(tracking), "http://tracking:5000"],
  [urlOf(tracking, { path: "/api" }), "http://tracking:5000/api"],
  [urlOf(tracking, { scheme: "http", path: "" }), "http://tracking:5000"],
])("%#: a reference to a service is text for its caller", (reference, expected) => {
  expect(serviceTextOf(reference)).toBe(expected);
  expect(isServiceReference(reference)).toBe(true);
  for (const schema of [env, gangEnv]) expect(messages(schema, { WHERE: reference })).toEqual([]);
});

test("no other value names a service", () => {
  expect(isServiceReference("tracking")).toBe(false);
  expect(isServiceReference(secretValue(aSecret("s"), "k"))).toBe(false);
});

test.each(["api", "/a b"])("the path of a URL begins with a slash and has no spaces: %j", (path) => {
  expect(messages(env, { WHERE: urlOf(tracking, { path }) })).toEqual([
    `WHERE.path: must begin with a slash and have no spaces, got "${path}"`,
  ]);
});

test("a job runs again when the address that it calls changes", async () => {
  const hash = (value: ReturnType<typeof addressOf | typeof endpointOf | typeof urlOf>) =>
    new Promise((resolve) =>
      fingerprintOf({ ...CONTAINER, env: { WHERE: value } }, {}, FACTS).apply((known) => {
        resolve(known);
      }),
    );
  const hashes = await Promise.all([
    hash(urlOf(tracking)),
    hash(urlOf(aService("tracking", 5001))),
    hash(urlOf(tracking, { path: "/api" })),
    hash(addressOf(tracking)),
    hash(endpointOf(tracking)),
  ]);
  expect(new Set(hashes).size).toBe(5);
  expect(await hash(urlOf(tracking))).toBe(hashes[0]);
});

const FACTS = { secret: () => "", files: () => "", retry: "", last: undefined };
const CONTAINER = {
  image: "a",
  mounts: [],
  resources: { cpu: 1, memory: "512Mi" as const, processes: 4096, reservation: {} },
  user: { uid: 1, gid: 1 },
  scratch: {},
  sharedMemory: "64Mi" as const,
  calls: [],
  outside: [],
  hosts: {},
  stopGrace: "1s" as const,
};
