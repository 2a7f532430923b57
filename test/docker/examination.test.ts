import { expect, test } from "vitest";

import { architectureFindings, engineFindings, gpuFinding, nameServers } from "../../components/docker/examination.ts";

const info = { ServerVersion: "27.1", Architecture: "x86_64", DockerRootDir: "/var/lib/docker", SystemTime: "2026-01-01T00:00:00Z" };
const GIB = 1024 ** 3;

test.each([
  [40 * GIB, 0, ["right", "right", "right"]],
  [4 * GIB, 0, ["right", "remark", "right"]],
  [0.5 * GIB, 0, ["right", "wrong", "right"]],
  [undefined, 0, ["right", "unknown", "right"]],
  [40 * GIB, 60_000, ["right", "right", "remark"]],
])("free space %s and clocks %s ms apart", (space, apart, states) => {
  const found = engineFindings(info, { address: "unix:///x", now: Date.parse(info.SystemTime) + apart, space });
  expect(found.map(({ state }) => state)).toEqual(states);
  for (const { state, remedy } of found) expect(remedy === undefined).toBe(state === "right" || state === "unknown");
});

test.each([
  [{}, "right", "none on this engine; only what asks for one needs it"],
  [{ Runtimes: { nvidia: {} } }, "remark", "NVIDIA's runtime is there, and its driver lists no device"],
  [{ DiscoveredDevices: [{ ID: "nvidia.com/gpu=0" }] }, "remark", "1 of NVIDIA, but the engine has no runtime for them"],
  [{ Runtimes: { nvidia: {} }, DiscoveredDevices: [{ ID: "nvidia.com/gpu=0" }] }, "right", "1 of NVIDIA, with its runtime"],
])("the GPUs of an engine with %j", (more, state, text) => {
  expect(gpuFinding({ ...info, ...more })).toMatchObject({ state, text });
});

test("a given image of another architecture is wrong; one that is not here yet is not judged", () => {
  const images = [{ name: "a:1", Architecture: "arm64" }, { name: "b:1", Architecture: "amd64" }, { name: "c:1" }];
  expect(architectureFindings(info, images)).toMatchObject([{ state: "wrong", text: "a:1 is for arm64, the engine is amd64" }]);
});

test.each([
  ["nameserver 10.0.0.2\n", "right"],
  ["nameserver 127.0.0.53\n", "right"],
  ["nameserver 127.0.0.1\nnameserver ::1\n", "remark"],
  ["", "remark"],
])("name servers %j are %s", (text, state) => expect(nameServers(text)).toMatchObject([{ state }]));
