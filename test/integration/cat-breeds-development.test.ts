import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { dockerExample, type Example } from "../support/example.ts";
import { freePort, until } from "../support/stack.ts";

/** The variant in which somebody works on the cat-breed classifier: only a machine of one's own has source and debugger. */
let example: Example;
let url: string;
const ports = { api: 0, debug: 0 };

beforeAll(async () => {
  example = await dockerExample("cat-breeds", "development");
  Object.assign(ports, { api: await freePort(), debug: await freePort() });
});
afterAll(() => example.remove());

/** The shipped settings on a small machine. */
const configure = (platform: object = {}) =>
  example.configure({
    platform,
    serving: {
      api: {
        publish: { port: ports.api },
        server: { debug: { hostPort: ports.debug }, resources: { reservation: { cpu: 0.1 } } },
      },
    },
  });
const status = async () => ((await (await fetch(`${url}/health`)).json()) as { status: string }).status;
const opens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.once("close", () => socket.destroy()).end();
  });

test("runs the source of this machine and opens the debugger's door", async () => {
  await configure();
  const { code, text } = await example.stack.up();
  expect(code, text).toBe(0);
  url = await example.url("api");
  await until("the gateway answers", async () => (await status()) === "ok");
  expect(await opens(ports.debug)).toBe(true);
  expect(await example.exec("api", ["touch", "/src/x"])).toContain("Read-only file system");
});

test("shows an edit without a deployment", async () => {
  const before = await example.ids("api");
  const file = join(example.stack.home, "project/workloads/image-api/image_api/app.py");
  writeFileSync(file, readFileSync(file, "utf8").replace('"status": "ok"', '"status": "edited"'));
  await until("the edit is seen", async () => (await status()) === "edited");
  expect(await example.ids("api")).toEqual(before);
});

test("is refused where the stack is marked production, and what runs goes on", async () => {
  const before = await example.ids("api");
  await configure({ production: true });
  const { code, text } = await example.stack.up();
  expect(code).not.toBe(0);
  expect(text).toMatch(/debug: not available on a platform marked production/);
  expect(await example.ids("api")).toEqual(before);
});
