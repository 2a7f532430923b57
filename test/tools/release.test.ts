import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";

import { type ReleaseOptions, release } from "../../tools/commands/release.ts";
import { Interrupted } from "../../tools/release/docker-client.ts";
import { digestOf, FakeDocker } from "../support/fake-docker.ts";

const AT = "registry.example.com/ml";

let folder: string;
let docker: FakeDocker;
let said: string;
let errors: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-release-test-"));
  for (const name of ["gateway", "tool"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "Dockerfile"), "ARG BASE=debian\nARG TARGETARCH\nFROM $BASE\nRUN true\n");
  }
  docker = new FakeDocker();
  [said, errors] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    errors += String(text);
    return true;
  });
  vi.stubEnv("MLSTACK_REGISTRY_USERNAME", undefined);
  vi.stubEnv("MLSTACK_REGISTRY_PASSWORD", undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const both = "images: { gateway: { context: gateway }, tool: { context: tool } }";

function run(options: ReleaseOptions = {}, more = both): Promise<number> {
  const file = join(folder, "release.yaml");
  writeFileSync(file, `registry: ${AT}\nversion: 1.4.0\n${more}\n`);
  return release(file, options, () => docker);
}

/** The commands that change something, by verb and what they make. */
const steps = () => docker.done.map((call) => call.replace(/^build.*--tag (\S+).*/, "build $1").replace(/ --(purge|insecure)/g, ""));

test("every image is pushed for every platform before the first version appears", async () => {
  expect(await run()).toBe(0);
  const part = (name: string) => ["amd64", "arm64"].flatMap((one) => ["build", "push"].map((verb) => `${verb} ${AT}/${name}:1.4.0-${one}`));
  const digests = (name: string) =>
    ["amd64", "arm64"].map((one) => `${AT}/${name}@${digestOf(`${AT}/${name}:1.4.0-${one} linux/${one}`)}`).join(" ");
  const index = (name: string) => [`manifest create ${AT}/${name}:1.4.0 ${digests(name)}`, `manifest push ${AT}/${name}:1.4.0`];
  expect(steps()).toEqual([...part("gateway"), ...part("tool"), ...index("gateway"), ...index("tool")]);
  expect(docker.closed).toBe(true);
});

test("a build gets its platform, its arguments, and nothing that its Dockerfile does not have", async () => {
  chmodSync(join(folder, "gateway", "Dockerfile"), 0o600);
  const modes: number[] = [];
  docker.instead = (args) => {
    if (args[0] === "build") modes.push(statSync(join(args.at(-1) ?? "", "Dockerfile")).mode & 0o777);
    return undefined;
  };
  docker.held.set("mine", "linux/arm64");
  const image = `images: { gateway: { context: gateway, dockerfile: Dockerfile, args: { http_proxy: "http://p" } } }`;
  await run({}, `platforms: [linux/arm64]\nbase: mine\n${image}`);
  const context = docker.done[0]?.split(" ").at(-1) ?? "";
  expect(docker.done[0]).toBe(
    `build --platform linux/arm64 --force-rm --file ${context}/Dockerfile --build-arg TARGETARCH=arm64 --build-arg BASE=mine --build-arg http_proxy=http://p --tag ${AT}/gateway:1.4.0-arm64 ${context}`,
  );
  // What is built is a copy that every user of an image can read, and that is gone afterwards.
  expect([modes, existsSync(context)]).toEqual([[0o644], false]);
});

test("what others are built on is built once for each platform, under a name of its own, and is not pushed", async () => {
  const images = "images: { api: { context: gateway, base: python }, tool: { context: tool, base: python }, python: { context: gateway } }";
  await run({}, `base: debian:12\n${images}`);
  const built = (name: string, one: string) => `build ${AT}/${name}:1.4.0-${one}`;
  expect(steps().filter((step) => /python|^build/.test(step))).toEqual([
    ...["amd64", "arm64"].flatMap((one) => [built("python", one), built("api", one)]),
    ...["amd64", "arm64"].map((one) => built("tool", one)),
  ]);
  const bases = docker.done.flatMap((call) => /BASE=(\S+)/.exec(call)?.slice(1) ?? []);
  expect(bases.slice(0, 4)).toEqual(["debian:12", `${AT}/python:1.4.0-amd64`, "debian:12", `${AT}/python:1.4.0-arm64`]);
  expect(docker.remote.has(`${AT}/python:1.4.0`)).toBe(false);
});

test("ends with references by digest, platforms and sizes, and what a stack file says", async () => {
  await run();
  const gateway = `${AT}/gateway@${digestOf(`${AT}/gateway:1.4.0`)}`;
  expect(said).toContain(
    `${gateway}\n  linux/amd64      3.5 MB  ${digestOf(`${AT}/gateway:1.4.0-amd64 linux/amd64`)}\n  linux/arm64      3.5 MB  sha256:`,
  );
  expect(said).toContain(`\n${AT}/tool@${digestOf(`${AT}/tool:1.4.0`)}\n`);
  // `tool` is no key of the stack file.
  expect(parse(said.slice(said.indexOf("config:")))).toEqual({ config: { "mlstack:images": { gateway } } });
});

test("a dry run says what would be done, and does nothing", async () => {
  expect(await run({ dryRun: true }, `base: debian:12\n${both}`)).toBe(0);
  expect(said).toContain(`build and push  ${AT}/gateway:1.4.0-arm64\n`);
  expect(said).toContain("on debian:12");
  expect(said).toContain(`index and push  ${AT}/tool:1.4.0 (linux/amd64, linux/arm64)\nnothing was built`);
  expect(docker.calls).toEqual(["info --format {{json .}}"]);
});

test("a dry run says what is built for others to build on", async () => {
  await run({ dryRun: true }, "images: { api: { context: gateway, base: python }, python: { context: tool } }");
  expect(said).toContain(`build only      ${AT}/python:1.4.0-amd64\n                from `);
  expect(said).toMatch(/build and push {2}\S+\/api:1\.4\.0-amd64\n {16}from \S+gateway, on python\n/);
  expect(said).not.toContain(`index and push  ${AT}/python`);
});

test("the command line's registry and version go before the file's", async () => {
  await run({ registry: "127.0.0.1:5000/other", version: "2.0.0" });
  expect(docker.done.at(-1)).toBe("manifest push --insecure --purge 127.0.0.1:5000/other/tool:2.0.0");
});

test("only a registry of this machine, or one that is named so, is spoken to without TLS", async () => {
  await run();
  expect(docker.calls.filter((call) => call.includes("--insecure"))).toEqual([]);
  docker = new FakeDocker();
  await run({ insecure: true });
  expect(docker.calls.filter((call) => call.startsWith("manifest") && !call.includes("--insecure"))).toEqual([]);
});

describe("a version that is at the registry", () => {
  test("is refused before anything is built", async () => {
    for (const name of ["gateway", "tool"]) docker.offer(`${AT}/${name}:1.4.0`, "linux/amd64");
    await expect(run()).rejects.toThrow(
      `${AT} has version 1.4.0 of gateway, tool already, and a released version never changes; choose another version, or say --overwrite`,
    );
    expect(docker.done).toEqual([]);
  });

  test("stays as it is where another image is still missing", async () => {
    docker.offer(`${AT}/gateway:1.4.0`, "linux/amd64", "linux/arm64");
    await run();
    expect(steps().filter((step) => step.includes("/gateway:"))).toEqual([]);
    expect(steps().at(-1)).toBe(`manifest push ${AT}/tool:1.4.0`);
    expect(said).toContain(`${AT}/gateway:1.4.0 (created by another program; its digest is unknown)\n  linux/amd64`);
  });

  test("is replaced where that is asked for", async () => {
    docker.offer(`${AT}/gateway:1.4.0`, "linux/amd64");
    expect(await run({ overwrite: true }, "images: { gateway: { context: gateway } }")).toBe(0);
    expect(docker.remote.get(`${AT}/gateway:1.4.0`)).toHaveLength(2);
  });

  test("that came while this one was built is not overwritten", async () => {
    docker.instead = (args) => void (args[0] === "push" && docker.offer(`${AT}/gateway:1.4.0`, "linux/amd64"));
    await expect(run()).rejects.toThrow("has version 1.4.0 of gateway already");
    expect(docker.done.filter((call) => call.startsWith("manifest"))).toEqual([]);
  });
});

describe("a failure half-way", () => {
  test("names image and platform with the end of the output, and leaves no version; the next run completes it", async () => {
    const output = [...Array.from({ length: 30 }, (_, index) => `line ${index}`), "exec format error"].join("\n");
    docker.instead = (args) =>
      args[0] === "build" && args.some((arg) => arg.endsWith("tool:1.4.0-arm64")) ? { code: 7, text: output } : undefined;
    await expect(run()).rejects.toThrow(
      /^tool for linux\/arm64: the build failed with exit code 7; its last 15 lines:\n {4}line 16\n[\s\S]* {4}exec format error\n {2}This engine cannot run programs of linux\/arm64; on its machine: sudo apt-get install -y qemu-user-static/,
    );
    expect([...docker.remote.keys()].filter((name) => name.endsWith(":1.4.0"))).toEqual([]);
    expect(docker.closed).toBe(true);
    docker.instead = () => undefined;
    expect(await run()).toBe(0);
    expect([...docker.remote.keys()].filter((name) => name.endsWith(":1.4.0") && !name.startsWith("local"))).toEqual([
      `${AT}/gateway:1.4.0`,
      `${AT}/tool:1.4.0`,
    ]);
  });

  test("of a push says what the registry said", async () => {
    docker.instead = (args) => (args[0] === "push" ? { code: 1, text: "denied: requested access to the resource is denied" } : undefined);
    await expect(run()).rejects.toThrow(/^registry registry\.example\.com does not let this user push there; ask for the right/);
  });

  test("is what the registry has for another platform than was pushed", async () => {
    docker.instead = (args) => {
      if (args[0] !== "push") return undefined;
      docker.offer(args[1] ?? "", "linux/riscv64");
      return {};
    };
    await expect(run()).rejects.toThrow(`${AT}/gateway:1.4.0-amd64 is for linux/riscv64 at the registry; another program may push there`);
  });

  test("is reported where a registry takes an image and does not show it", async () => {
    docker.instead = (args) => (args[0] === "push" ? {} : undefined);
    await expect(run()).rejects.toThrow("does not show it; a registry without TLS needs --insecure");
  });

  test("an interrupt ends it with its code", async () => {
    docker.ask = async () => {
      process.emit("SIGTERM");
      throw new Interrupted();
    };
    expect(await run()).toBe(143);
    expect(errors).toContain("The release was interrupted; the same command completes it.");
    expect(docker.closed).toBe(true);
  });
});

describe("an image of another platform than was asked for", () => {
  const wrong = (flag?: string) => (args: readonly string[]) => {
    if (args[0] !== "build" || (flag !== undefined && args.includes(flag))) return undefined;
    docker.held.set(args[args.indexOf("--tag") + 1] ?? "", "linux/amd64");
    return {};
  };

  test("is refused with the base that made it so", async () => {
    docker.instead = wrong();
    await expect(run()).rejects.toThrow(
      "gateway for linux/arm64: the build made an image for linux/amd64, since that is what this engine holds as $BASE; name one for each platform",
    );
    expect(docker.done.filter((call) => call.includes("--no-cache"))).toEqual([]);
  });

  test("that begins from nothing is built again without the layers of the other", async () => {
    writeFileSync(join(folder, "gateway", "Dockerfile"), "FROM scratch\nCOPY x /x\n");
    docker.instead = wrong("--no-cache");
    expect(await run({}, "images: { gateway: { context: gateway } }")).toBe(0);
    expect(docker.done.filter((call) => call.startsWith("build")).map((call) => call.includes("--no-cache"))).toEqual([false, false, true]);
  });
});

describe("a base", () => {
  test("is named by the digest that its registry has for each platform", async () => {
    docker.offer("debian:12", "linux/amd64", "linux/arm64");
    await run({}, `base: debian:12\n${both}`);
    for (const platform of ["linux/amd64", "linux/arm64"])
      expect(docker.done.find((call) => call.includes(`--platform ${platform} `))).toContain(
        `--build-arg BASE=debian@${digestOf(`debian:12 ${platform}`)} `,
      );
  });

  test("that the registry or the engine has for another platform only is refused before anything is built", async () => {
    docker.offer("debian:12", "linux/amd64");
    await expect(run({}, `base: debian:12\n${both}`)).rejects.toThrow(
      '1 mistake; nothing was built\n  base.linux/arm64: "debian:12" is at its registry for linux/amd64, not for linux/arm64; name one for each platform: base: {',
    );
    docker.held.set("mine", "linux/amd64");
    await expect(run({}, `base: mine\n${both}`)).rejects.toThrow(
      'base.linux/arm64: "mine" is for linux/amd64 on this engine, and no registry offers it for linux/arm64 (no such image)',
    );
    expect(docker.done).toEqual([]);
  });
});

test("an engine or a docker command that is not there is reported in one line", async () => {
  docker.instead = () => ({ code: 1, text: "Cannot connect to the Docker daemon" });
  await expect(run()).rejects.toThrow("no Docker engine answers: Cannot connect to the Docker daemon; start it, or set DOCKER_HOST");
  await expect(run({ version: "latest" })).rejects.toThrow("1 mistake; nothing was built\n  --version: must be a fixed version");
  docker.instead = () => ({ code: 127, text: "spawn docker ENOENT" });
  await expect(run()).rejects.toThrow("the docker command is not there; install it");
});

describe("a login", () => {
  test("comes from the variables, both or none", async () => {
    vi.stubEnv("MLSTACK_REGISTRY_USERNAME", "customer-a");
    await expect(run()).rejects.toThrow(
      "1 mistake; nothing was built\n  MLSTACK_REGISTRY_PASSWORD: is required with the other half of the login",
    );
    vi.stubEnv("MLSTACK_REGISTRY_PASSWORD", "hunter2");
    await run();
    expect(docker.logins).toEqual([{ username: "customer-a", password: "hunter2" }]);
    expect(`${docker.calls.join("\n")}${said}${errors}`).not.toContain("hunter2");
  });

  test("that is missing or not wanted differs from a version that is not there", async () => {
    docker.instead = (args) => (args[0] === "manifest" ? { code: 1, text: 'Get "https://a/v2/": no basic auth credentials' } : undefined);
    await expect(run()).rejects.toThrow(/^registry registry\.example\.com wants a login; set MLSTACK_REGISTRY_USERNAME/);
  });
});
