import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

import { ROOT } from "../../tools/lib/folders.ts";
import { examples } from "../../tools/setup/stack.ts";

const LEAN = join(ROOT, "infra", "lean-sdk.ts");
const folder = mkdtempSync(join(tmpdir(), "lean-sdk-"));
symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a program prints for which Node loads the file first, as Pulumi has it do. */
function printed(text: string, { where = folder, args = ["--import", LEAN], words = [""], env = {}, said = /^$/ } = {}): string {
  const program = join(where, "program.cjs");
  writeFileSync(program, text);
  const { stdout, stderr } = spawnSync(process.execPath, [...args, program, ...words], {
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  expect(stderr).toMatch(said);
  return stdout;
}

const LOADED = `
  require("@pulumi/pulumi");
  require("@pulumi/pulumi/runtime/closure/v8Hooks").isInitializedAsync();
  require("@pulumi/pulumi/cmd/run/tracing").newSpan("any").end();
  const names = ["@npmcli/arborist/", "/typescript-shim.js", "@opentelemetry/sdk-trace-node/", "/pulumi/automation/"];
  console.log(names.filter((name) => Object.keys(require.cache).some((file) => file.includes(name) && require.cache[file].children.length > 0)).join());
`;

test("what no program of ours uses is not loaded; without the file it is", () => {
  expect(printed(LOADED)).toBe("\n");
  expect(printed(LOADED, { args: [] })).toBe("@npmcli/arborist/,/typescript-shim.js,@opentelemetry/sdk-trace-node/,/pulumi/automation/\n");
});

test("a function is turned into the same text, with the name of the file where it cannot be", () => {
  const text = (body: string) => `
    const pulumi = require("@pulumi/pulumi");
    const { Module } = require("node:module");
    const path = require("node:path");
    const three = 3;
    const longer = (given) => given.length + three;
    const done = (out) => { console.log(out); process.exit(0); };
    pulumi.runtime.serializeFunction(${body}).then(({ text }) => done(text), (error) => done(error.message));
  `;
  for (const body of [
    'function whole(given) { return longer(given) + path.sep + new (require("node:events"))().eventNames(); }',
    "function native() { return Module._load; }",
    "Array.prototype.map.bind([])",
  ]) {
    const plain = printed(text(body), { args: [] });
    expect(plain).toMatch(/whole|native|program\.cjs/);
    expect(printed(text(body))).toBe(plain);
  }
});

describe("messages for --debug", () => {
  const text = 'console.log(String(require("@pulumi/pulumi/log").debug).includes("LogSeverity.DEBUG"))';

  test("are left out", () => expect(printed(text)).toBe("false\n"));
  test("are there with MLSTACK_DEBUG", () => expect(printed(text, { env: { MLSTACK_DEBUG: "1" } })).toBe("true\n"));
});

test("a promise keeps the place where it was made when leaks are looked for", () => {
  const text = `
    const { debuggablePromise } = require("@pulumi/pulumi/runtime/debuggable");
    const made = Promise.resolve();
    debuggablePromise(made, "here");
    console.log(made._debugStackTrace.includes("program.cjs"));
  `;
  expect(printed(text)).toBe("false\n");
  expect(printed(text, { env: { PULUMI_DEBUG_PROMISE_LEAKS: "1" } })).toBe("true\n");
});

test("the places where resources are declared are not looked for; without the file they are", () => {
  const text = 'console.log(require("@pulumi/pulumi").Resource.stackTrace(0).length > 0)';
  expect(printed(text)).toBe("false\n");
  expect(printed(text, { args: [] })).toBe("true\n");
});

test("what the engine says is read into plain objects; without the file it is read into messages", () => {
  const text = `
    require("@pulumi/pulumi");
    const { Struct } = require("google-protobuf/google/protobuf/struct_pb.js");
    const message = Struct.deserializeBinary(Struct.fromJavaScript({ a: 1 }).serializeBinary());
    console.log(JSON.stringify(message.toJavaScript()), message.toJavaScript() === message.toJavaScript());
  `;
  expect(printed(text)).toBe('{"a":1} true\n');
  expect(printed(text, { args: [] })).toBe('{"a":1} false\n');
});

test("what runs Pulumi itself is there where it is used", () => {
  const text = "console.log(typeof require('@pulumi/pulumi').automation.LocalWorkspace.create)";
  for (const args of [["--import", LEAN], []]) expect(printed(text, { args })).toBe("function\n");
});

test("tracing is there for a run that is traced", () => {
  const text = 'console.log(require("@pulumi/pulumi/cmd/run/tracing").newSpan.length)';
  expect(printed(text)).toBe("0\n");
  expect(printed(text, { words: ["--tracing", "http://127.0.0.1:9411"] })).toBe("1\n");
});

test("an SDK that it was not tried with is left alone, and the program says so", () => {
  const other = join(folder, "other");
  mkdirSync(join(other, "node_modules", "@pulumi", "pulumi"), { recursive: true });
  writeFileSync(join(other, "node_modules", "@pulumi", "pulumi", "package.json"), '{ "version": "9.9.9" }');
  const text = 'console.log(Object.keys(require.cache).filter((file) => !file.endsWith("package.json")).length)';
  expect(printed(text, { where: other, said: /^infra\/lean-sdk\.ts .* not with 9\.9\.9\n$/ })).toBe("1\n");
});

const LEANED = "Object.keys(require.cache).some((file) => file.endsWith('/debuggable.js'))";

test("it was tried with the SDK that is locked", () => {
  expect(printed("console.log(require.cache[require.resolve('@pulumi/pulumi/cmd/run/tracing')] !== undefined)")).toBe("true\n");
});

test.each(["", ...examples().map((name) => join("examples", name))])("the program in %j loads it first", (place) => {
  const { main, runtime } = parse(readFileSync(join(ROOT, place, "Pulumi.yaml"), "utf8"));
  // Pulumi starts a program in the folder of its main file.
  const cwd = join(ROOT, place, dirname(main));
  const { stdout } = spawnSync(process.execPath, [...runtime.options.nodeargs.split(" "), "--print", LEANED], { cwd, encoding: "utf8" });
  expect(stdout).toBe("true\n");
});
