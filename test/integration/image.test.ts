import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { TestStack } from "../support/stack.ts";

/** Images from a checkout that keeps others out and ends its lines with CR LF: built one on the other, and run. */
let stack: TestStack;
let sources: string;
let first: Record<string, string>;

const BASE = process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim";

function write(path: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(join(sources, path)), { recursive: true, mode: 0o700 });
  writeFileSync(join(sources, path), text.replaceAll("\n", "\r\n"), { mode });
  chmodSync(join(sources, path), mode);
}

async function up() {
  const run = await stack.up();
  expect(run.code, run.text).toBe(0);
  return run;
}

beforeAll(async () => {
  stack = await TestStack.create("mlstack-img", { main: "test/contract/program.ts" });
  sources = mkdtempSync(join(tmpdir(), "mlstack-sources-"));
  write("common/Dockerfile", "ARG BASE\nFROM $BASE\nCOPY common/lib.txt /opt/lib.txt\n");
  write("common/lib.txt", "common\n");
  write(
    "web/Dockerfile",
    "ARG BASE\nFROM $BASE AS runtime\nCOPY web/bin/ /usr/local/bin/\nFROM runtime AS test\nCOPY web/tests/ /tests/\n",
  );
  write("web/bin/web-start", "#!/bin/bash\ncp /opt/lib.txt /tmp/ready\nexec sleep 600\n", 0o700);
  write("web/tests/a", "1\n");
  stack.variables["MLSTACK_CACHE"] = join(sources, ".cache");
  stack.configure({
    ask: {
      docker: { prefix: stack.prefix },
      images: {
        "img-common": { build: { context: sources, dockerfile: "common/Dockerfile", args: { BASE } } },
        "img-web": { build: { context: sources, dockerfile: "web/Dockerfile", target: "runtime", base: "img-common" } },
      },
      services: {
        web: {
          container: { image: "img-web", command: ["web-start"], resources: { cpu: 0.2, memory: "160Mi" } },
          port: 80,
          readiness: { kind: "exec", command: ["test", "-f", "/tmp/ready"], interval: "500ms" },
        },
      },
    },
  });
  await up();
  first = await stack.ids();
});
afterAll(async () => {
  await stack.remove();
  for (const image of await stack.docker.listImages({ filters: { reference: ["mlstack/img-*"] } }))
    await stack.docker.getImage(image.Id).remove({ force: true });
  rmSync(sources, { recursive: true });
});

test("the image's user runs the script and reads the base's file", async () => {
  expect((await stack.exec("web-0", ["id", "-u"])).trim()).toBe("10001");
  expect((await stack.exec("web-0", ["cat", "/tmp/ready"])).trim()).toBe("common");
  expect((await stack.exec("web-0", ["stat", "-c", "%a", "/opt/lib.txt", "/usr/local/bin/web-start"])).split(/\s+/)).toEqual([
    "644",
    "755",
    "",
  ]);
});

test("no copy of the sources is left", () => {
  expect(readdirSync(join(sources, ".cache/sources"))).toEqual([]);
});

test("an edit of the workload's test, of line ends or of modes changes nothing", async () => {
  write("web/tests/a", "2\n");
  writeFileSync(join(sources, "web/bin/web-start"), "#!/bin/bash\ncp /opt/lib.txt /tmp/ready\nexec sleep 600\n");
  chmodSync(join(sources, "web/bin/web-start"), 0o755);
  const { changes, text } = await up();
  expect(Object.keys(changes), text).toEqual(["unchanged"]);
  expect(await stack.ids()).toEqual(first);
});

test("an edit of the base's file reaches what is built on it", async () => {
  write("common/lib.txt", "changed\n");
  await up();
  expect((await stack.exec("web-0", ["cat", "/tmp/ready"])).trim()).toBe("changed");
});

test("what the engine has under the tag of its content is not built again for another stack", async ({ skip }) => {
  const built = process.env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] === "true";
  if (!built) skip("Docker's provider is the official one, which asks the builder each time: docs/upstream.md");
  const [image] = await stack.docker.listImages({ filters: { reference: ["mlstack/img-common"] } });
  const [name = ""] = image?.RepoTags ?? [];
  expect((await stack.destroy()).code).toBe(0);
  // Another image in its place, which a build would take the name from.
  const [repo = "", tag = ""] = name.split(":");
  await stack.docker.getImage(BASE).tag({ repo, tag });
  const { Id } = await stack.docker.getImage(BASE).inspect();
  stack.configure({
    ask: {
      docker: { prefix: stack.prefix },
      images: { "img-common": { build: { context: sources, dockerfile: "common/Dockerfile", args: { BASE } } } },
    },
  });
  await up();
  const used = await stack.docker.getImage(name).inspect();
  // The name alone: the image is the base of all others.
  await stack.docker.getImage(name).remove();
  expect(used.Id).toBe(Id);
});
