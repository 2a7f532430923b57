import { expect, test } from "vitest";

import { engineFindings } from "../../components/docker/examination.ts";

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
