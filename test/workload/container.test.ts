import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";

import {
  containerSpec,
  env,
  gangContainerSpec,
  leaderAddress,
  leavesOut,
  memberIndex,
  secretValue,
} from "../../components/workload/index.ts";
import { messages } from "../support/messages.ts";
import { aSecret, aVolume } from "../support/specs.ts";

const NO_REFERENCE = 'must be an image reference in lower case and without spaces, for example "ghcr.io/acme/api:1.4"';

test("fills in every default", () => {
  expect(containerSpec.parse({ image: "shop:1" })).toEqual({
    image: "shop:1",
    env: {},
    mounts: [],
    outside: [],
    resources: { cpu: 1, memory: "512Mi", processes: 4096, reservation: {} },
    user: { uid: 10001, gid: 10001 },
    scratch: { "/tmp": "64Mi" },
    sharedMemory: "64Mi",
    calls: [],
    hosts: {},
    stopGrace: "10s",
  });
});

test("takes a reservation as large as the limit", () => {
  expect(messages(containerSpec, { image: "a", resources: { reservation: { cpu: "1000m", memory: "512Mi" } } })).toEqual([]);
});

test("takes an image and variables that are not known yet, untouched", () => {
  const image = pulumi.output("shop:1");
  const parsed = containerSpec.parse({ image, env: { A: image } });
  expect(parsed.image).toBe(image);
  expect(parsed.env["A"]).toBe(image);
});

test.each([
  [{ image: "" }, [`image: ${NO_REFERENCE}, got ""`]],
  [{ image: "My Image:latest" }, [`image: ${NO_REFERENCE}, got "My Image:latest"`]],
  [{ image: "a", user: { uid: 0 } }, ["user.uid: must not be root (0)"]],
  [
    { image: "a", env: { A: 5 } },
    ["env.A: must be a string (write numbers and booleans in quotes) or a reference, such as secretValue(…)"],
  ],
  [{ image: "a", env: { "A-B": "x" } }, ['env.A-B: variable names are letters, digits and underscores, not first a digit, got "A-B"']],
  [{ image: "a", scratch: { tmp: "1Mi" } }, ['scratch.tmp: must be an absolute path without spaces or colons, got "tmp"']],
  [{ image: "a", resources: { processes: 1 } }, ["resources.processes: must be at least 16, got 1"]],
  [{ image: "a", resources: { reservation: { cpu: 2 } } }, ["resources.reservation.cpu: must be at most the limit (1), got 2"]],
  [
    { image: "a", resources: { memory: "1Gi", reservation: { memory: "2Gi" } } },
    ["resources.reservation.memory: must be at most the limit (1Gi), got 2Gi"],
  ],
  [{ image: "a", calls: [aVolume("data")] }, ["calls[0]: must be a service of the platform, or { to, port } with a service or gang of it"]],
  [{ image: "a", sharedMemory: "1Gi" }, ['resources.memory: must be more than scratch and shared memory together (1088Mi), got "512Mi"']],
])("refuses %j", (given, expected) => expect(messages(containerSpec, given)).toEqual(expected));

test("refuses two mounts at one path, and a mount over a scratch folder", () => {
  const mounts = [
    { volume: aVolume("data"), path: "/data" },
    { volume: aVolume("more"), path: "/data" },
    { volume: aVolume("tmp"), path: "/tmp" },
  ];
  expect(messages(containerSpec, { image: "a", mounts })).toEqual([
    'mounts[1].path: "/data" is taken by another mount or scratch folder',
    'mounts[2].path: "/tmp" is taken by another mount or scratch folder',
  ]);
});

test.each([
  [{ hostFolder: "/srv/models", path: "/models" }, []],
  [
    { hostFolder: "models", path: "/models" },
    ['mounts[0].hostFolder: must be an absolute path (path.resolve makes one of a relative one), got "models"'],
  ],
  [{ hostFolder: "~/models", path: "/models" }, [expect.stringContaining("mounts[0].hostFolder: must be an absolute path")]],
  [{ hostFolder: "/srv/models", path: "/models", readOnly: false }, []],
  [{ hostFolder: "/srv/models", path: "/models", write: true }, ['mounts[0]: unknown key "write"; known are hostFolder, path, readOnly']],
  [
    { folder: "/srv/models", path: "/models" },
    ["mounts[0]: must be { volume, path, readOnly? }, { files, path } or { hostFolder, path, readOnly? } with an absolute path"],
  ],
  [{ hostFolder: "/srv/models", path: "/tmp" }, ['mounts[0].path: "/tmp" is taken by another mount or scratch folder']],
])("takes a folder of the host by its absolute path: %j", (mount, expected) => {
  for (const spec of [containerSpec, gangContainerSpec]) expect(messages(spec, { image: "a", mounts: [mount] })).toEqual(expected);
});

test("only a gang's container can name its index and its leader", () => {
  const given = { image: "a", env: { RANK: memberIndex(), MASTER_ADDR: leaderAddress(), KEY: secretValue(aSecret("s"), "k") } };
  expect(messages(gangContainerSpec, given)).toEqual([]);
  expect(messages(containerSpec, given)).toHaveLength(2);
});

test("refuses each reserved variable by name and never shows a value", () => {
  const given = { RANK: "hunter2", PATH: "/bin", WORLD_SIZE: "4" };
  expect(messages(leavesOut(env, ["RANK", "WORLD_SIZE", "MASTER_ADDR"]), given)).toEqual([
    "RANK: is reserved: the component sets it; remove it",
    "WORLD_SIZE: is reserved: the component sets it; remove it",
  ]);
});

test("has one thing at every path, and its shared memory at /dev/shm", () => {
  const mounts = [{ volume: aVolume("data"), path: "/dev/shm" }];
  expect(messages(containerSpec, { image: "a", mounts })).toEqual([
    'mounts[0].path: "/dev/shm" is taken by another mount or scratch folder',
  ]);
});
