import { expect, test } from "vitest";

import { lineOf, obstaclesIn } from "../../tools/commands/doctor.ts";

test("each obstacle of a refusal is a finding with its remedy", () => {
  const message = [
    "Docker: 2 obstacles; nothing was changed",
    '  service "gateway": publish: 127.0.0.1:8000 is taken by another process; stop it, or publish on another port (see `ss -ltnp; x`)',
    '  platform.network.subnet: 10.0.0.0/24 overlaps network "x"',
  ].join("\n");
  expect(obstaclesIn(message)).toEqual([
    {
      subject: 'service "gateway"',
      state: "wrong",
      text: "publish: 127.0.0.1:8000 is taken by another process",
      remedy: "stop it, or publish on another port (see `ss -ltnp; x`)",
    },
    { subject: "platform.network.subnet", state: "wrong", text: '10.0.0.0/24 overlaps network "x"' },
  ]);
});

test("any other refusal is shown as it is", () => {
  const message = "Docker: no engine answers at unix:///x.\n  Start it.\n  Nothing was changed.";
  expect(obstaclesIn(message)).toEqual([{ subject: "program", state: "wrong", text: message }]);
});

test("a finding is a line, and its remedy the next", () => {
  expect(lineOf({ subject: "disk", state: "wrong", text: "full", remedy: "make room" })).toBe("✗ disk: full\n    make room");
  expect(lineOf({ subject: "disk", state: "right", text: "40 GiB free" })).toBe("✓ disk: 40 GiB free");
});
