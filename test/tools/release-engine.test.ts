import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, release as kernel, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { engineOf, platformMistakes } from "../../tools/release/engine.ts";
import { refusal } from "../../tools/release/refusal.ts";
import { FakeDocker } from "../support/fake-docker.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-handlers-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("an engine", () => {
  const images = (runs: boolean) => [
    {
      name: "api",
      context: "",
      dockerfile: "",
      target: undefined,
      args: {},
      base: undefined,
      declared: new Set<string>(),
      stages: [{ name: undefined, from: "a", runs }],
    },
  ];
  const engine = { platform: "linux/amd64", local: true };
  const wanted = ["linux/amd64", "linux/arm64"] as const;
  const handler = (flags: string, enabled = "enabled") =>
    `${enabled}\ninterpreter /usr/bin/qemu\nflags: ${flags}\noffset 0\nmagic 7f454c460201010000000000000000000200b700\nmask ff\n`;
  const handlers = (...entries: string[]) => {
    for (const [index, entry] of ["enabled\n", ...entries].entries())
      writeFileSync(join(folder, index === 0 ? "status" : `qemu-${index}`), entry);
    return folder;
  };

  test("without a handler is refused what it would have to run, with the remedy", () => {
    expect(
      platformMistakes(
        wanted,
        images(true),
        engine,
        handlers(handler("PF", "disabled"), handler("OC"), handler("PF").replace("b700", "f300")),
      ),
    ).toEqual([
      {
        path: "platforms[1]",
        message: expect.stringMatching(
          /^this engine \(linux\/amd64\) cannot run programs of linux\/arm64, which the build of api needs; install QEMU's handlers: sudo apt-get install -y qemu-user-static/,
        ),
      },
    ]);
    expect(platformMistakes(wanted, images(true), engine, "/nowhere")).toHaveLength(1);
  });

  test("with a handler, one elsewhere, and a build that runs nothing are taken", () => {
    expect(platformMistakes(wanted, images(true), engine, handlers(handler("POCF")))).toEqual([]);
    expect(platformMistakes(wanted, images(true), { ...engine, local: false }, "/nowhere")).toEqual([]);
    expect(platformMistakes(wanted, images(false), engine, "/nowhere")).toEqual([]);
  });

  test("is this machine's when it has its name and kernel", async () => {
    const docker = new FakeDocker();
    const info = (Name: string) => ({ out: JSON.stringify({ OSType: "linux", Architecture: "aarch64", Name, KernelVersion: kernel() }) });
    docker.instead = () => info(hostname());
    expect(await engineOf(docker)).toEqual({ platform: "linux/arm64", local: true });
    docker.instead = () => info("another");
    expect(await engineOf(docker)).toEqual({ platform: "linux/arm64", local: false });
  });
});

test.each([
  [
    "failed with status: 401 Unauthorized",
    /^registry a refuses the login; correct MLSTACK_REGISTRY_USERNAME and MLSTACK_REGISTRY_PASSWORD/,
  ],
  ["dial tcp 127.0.0.1:5057: connect: connection refused", /^registry a does not answer; .*\(dial tcp/],
  ["http: server gave HTTP response to HTTPS client", /^registry a answers without TLS; add a to the engine's insecure-registries/],
  [
    "x509: certificate signed by unknown authority",
    /certificate that is not trusted; put its authority's into \/etc\/docker\/certs\.d\/a\/ca\.crt/,
  ],
  ['exec: "docker-credential-x": executable file not found in $PATH', /^registry a failed \(exec/],
])("a registry that says %j is understood", (text, meaning) => expect(refusal("a", `before\n${text}\n`)).toMatch(meaning));
