/**
 * Makes Pulumi's SDK start in half the time and memory. Node loads this file before the SDK (`nodeargs` of each
 * `Pulumi.yaml`), because much of what it leaves out is loaded before a program's first line.
 *
 * It reaches into the SDK, so it only works on the versions it was tried with, leaves any other alone, and says so.
 * What each part is, and what would make it unnecessary: docs/upstream.md. Every function of the SDK still works.
 */
import { createRequire, Module } from "node:module";

import { readPlainly } from "./lean-struct.ts";

/** Versions of `@pulumi/pulumi` whose files are as they are expected here; a test holds the locked one to this list. */
export const TRIED: readonly string[] = ["3.270.0"];

/** Debug messages reach the engine with this variable only: `npm run pulumi -- up --debug` sets it. */
const DEBUG = "MLSTACK_DEBUG";

function leave(): void {
  // For functions that are turned into text (dynamic providers): a package manager, a reader of package.json, a compiler.
  for (const module of ["@npmcli/arborist", "normalize-package-data", "@pulumi/pulumi/typescript-shim"]) loadLater(module);
  // For programs that run Pulumi themselves.
  loadLater("@pulumi/pulumi/automation");
  replace("@pulumi/pulumi/runtime/closure/v8Hooks", debuggerHooks());
  if (!process.argv.includes("--tracing")) replace("@pulumi/pulumi/cmd/run/tracing", NO_TRACING);
  leaveDebugMessages();
  leavePromiseStacks();
  leavePlaces();
  readPlainly(sdk("google-protobuf/google/protobuf/struct_pb.js").Struct);
}

/** Puts a stand-in in the place of a module that is loaded at the first use of anything in it. */
function loadLater(id: string): void {
  const file = sdk.resolve(id);
  let loaded: object | undefined;
  const load = (): object => {
    if (loaded === undefined) {
      delete sdk.cache[file];
      loaded = Object(sdk(file));
    }
    return Object(loaded);
  };
  // `__esModule` keeps the compiler's import helper from copying, and so loading, everything.
  const get = (_: object, key: string | symbol) => {
    if (key === "__esModule") return true;
    return key === "default" && !Reflect.has(load(), key) ? load() : Reflect.get(load(), key);
  };
  replace(id, new Proxy({}, { get, has: (_, key) => Reflect.has(load(), key) }));
}

function replace(id: string, exports: object): void {
  const file = sdk.resolve(id);
  sdk.cache[file] = Object.assign(new Module(file), { filename: file, loaded: true, exports });
}

/** The same without a debugger that follows every file from the start: it is asked when a function is turned into text. */
function debuggerHooks(): object {
  const urls = new Map<string, string>();
  const connect = async () => {
    const { Session } = await import("node:inspector");
    const session = new Session();
    session.connect();
    session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
    // Reports the files that are loaded already, too.
    await new Promise<void>((resolve, reject) => session.post("Debugger.enable", (error) => (error ? reject(error) : resolve())));
    return session;
  };
  let session: Promise<object> | undefined;
  return {
    isInitializedAsync: async () => {},
    getSessionAsync: () => {
      session ??= connect();
      return session;
    },
    getScriptUrl: (id: string) => urls.get(id),
  };
}

const NO_SPAN = { setAttribute() {}, addEvent() {}, setStatus() {}, recordException() {}, end() {} };
const NO_TRACING = { newSpan: () => NO_SPAN, start() {}, stop() {} };

/** Four messages for each resource, each waiting for the one before, of which the engine shows none without `--debug`. */
function leaveDebugMessages(): void {
  if (process.env[DEBUG] !== undefined) return;
  const log: { debug: () => Promise<void> } = sdk("@pulumi/pulumi/log");
  log.debug = () => Promise.resolve();
}

type Wrap = (promise: Promise<unknown>, context?: string) => Promise<unknown>;

/** Where each of some hundred promises of a resource was made is only shown with PULUMI_DEBUG_PROMISE_LEAKS. */
function leavePromiseStacks(): void {
  if (process.env["PULUMI_DEBUG_PROMISE_LEAKS"] !== undefined) return;
  const debuggable: { debuggablePromise: Wrap } = sdk("@pulumi/pulumi/runtime/debuggable");
  const original = debuggable.debuggablePromise;
  debuggable.debuggablePromise = (promise, context) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return original(promise, context);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}

/** Where the program declares each resource, with all calls above it: the state keeps it, and no command shows it. */
function leavePlaces(): void {
  const { Resource }: { Resource: { stackTrace: () => object[] } } = sdk("@pulumi/pulumi/resource");
  Resource.stackTrace = () => [];
}

// The SDK that runs the program, which may be another than that of this file's own folder.
const sdk = createRequire(process.argv[1] ?? import.meta.url);
const version = versionOf(sdk);
if (version !== undefined && TRIED.includes(version)) leave();
else if (version !== undefined)
  // Not to standard output, which of a policy pack begins with its port.
  console.error(`infra/lean-sdk.ts makes starts faster with Pulumi's SDK ${TRIED.join(", ")}, not with ${version}`);

function versionOf(require: NodeJS.Require): string | undefined {
  try {
    const { version }: { version: string } = require("@pulumi/pulumi/package.json");
    return version;
  } catch {
    return undefined;
  }
}
