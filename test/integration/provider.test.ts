import { createServer, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { ROOT } from "../../tools/lib/folders.ts";
import { run } from "../../tools/lib/run.ts";
import { goEnvironment, hasGoFor } from "../../tools/offline/go.ts";
import { close } from "../support/loopback.ts";
import { TestStack } from "../support/stack.ts";

/** How the provider, whose calls name a version of the API as the program's do not, looks at a container. */
const LOOKS = /^\/v[\d.]+\/containers\/[0-9a-f]{64}\/json/;

/** Its import path lies within the module of the provider, whose internal packages it uses. */
const SHIM = "github.com/terraform-providers/terraform-provider-docker/shim";

let stack: TestStack;

/** Deploys a file of settings, which a container carries into a volume. */
function deploy(level: string) {
  stack.configure({ ask: { docker: { prefix: stack.prefix }, files: { settings: { "app.yaml": `level: ${level}` } } } });
  return stack.up();
}

beforeAll(async () => {
  stack = await TestStack.create("unread", { main: "test/contract/program.ts" });
  const { code, text } = await deploy("info");
  if (code !== 0) throw new Error(text);
});
afterAll(() => stack.remove());

test("what the provider that is built here takes for unchanged or built is so", async ({ skip }) => {
  const cwd = join(ROOT, "tools", "offline", "toolchain", "resource-docker");
  if (!(await hasGoFor(cwd))) skip("there is no Go that is new enough: no provider is built here");
  const { code, output } = await run("go", ["test", "-trimpath", "./plain", SHIM], { cwd, env: goEnvironment() });
  expect(code, output).toBe(0);
});

test("a container that was started, and of which nothing was read then, is made again by the next deployment", async () => {
  const socket = join(stack.home, "engine.sock");
  const broken = createServer((asked, answer) => {
    const { method, url: path = "", headers } = asked;
    if (LOOKS.test(path)) return answer.writeHead(500).end('{"message": "the test lost it"}');
    const passed = request({ socketPath: "/var/run/docker.sock", method, path, headers }, (response) => {
      response.pipe(answer.writeHead(response.statusCode ?? 500, response.headers));
    });
    return asked.pipe(passed);
  });
  await new Promise<void>((resolve) => broken.listen(socket, resolve));
  stack.variables["DOCKER_HOST"] = `unix://${socket}`;
  const lost = await deploy("debug");
  expect(lost.code).not.toBe(0);
  expect(lost.text).toContain("the test lost it");
  await close(broken);

  delete stack.variables["DOCKER_HOST"];
  const started = await stack.ids();
  const again = await stack.up();
  expect(again.code, again.text).toBe(0);
  expect(await stack.ids()).not.toEqual(started);
  const preview = await stack.preview("--expect-no-changes");
  expect(preview.code, preview.text).toBe(0);
});
