import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

import type { LiveWorkload } from "../../components/workload/operations.ts";
import { oneMeantBy, titleOf } from "../daily/names.ts";
import { offText } from "../daily/off.ts";
import { namedCommand, operated, sentences } from "../daily/operated.ts";
import { pageOf } from "../daily/page.ts";
import { untilInterrupted } from "../daily/until-interrupted.ts";
import { Problem } from "../lib/problem.ts";
import type { Stack } from "../setup/stack.ts";

export interface OpenOptions {
  /** Port of this machine; given, a way to the part itself is opened though it is published. */
  readonly port?: string;
}

/** Prints where a part answers, and opens it in a browser; one that is not published through a port of this machine until Ctrl-C. */
export async function open(stack: Stack, word: string, { port }: OpenOptions): Promise<number> {
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new Problem(`--port must be a port of this machine, got "${port}"`);
  const { operations, recorded } = await operated(stack);
  const all = await sentences(() => operations.look());
  const { workload } = oneMeantBy(word, all, (name) => offText(name, stack, recorded));
  if (workload.kind !== "service")
    throw new Problem(
      `"${workload.name}" is a ${workload.kind}: it has no address; ${namedCommand("logs", workload.name, stack)} shows what it does`,
    );
  if (workload.url !== undefined && port === undefined) {
    show(`${workload.url}${pageOf(workload)}`);
    return 0;
  }
  const forward = await sentences(() => operations.forward(workload, port === undefined ? undefined : Number(port)));
  if (forward === undefined) throw new Problem(closedText(workload, all, stack));
  const { signal } = untilInterrupted();
  process.stderr.write(`${titleOf(workload)} through this port until Ctrl-C\n`);
  show(`http://127.0.0.1:${forward.port}${pageOf(workload)}`);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await forward.close();
  return 0;
}

/** Where the engine opens no port behind a container's back: what answers in its place, or what to do. */
function closedText(workload: LiveWorkload, all: readonly LiveWorkload[], stack: Stack): string {
  const [component] = workload.under;
  const front = all.find(({ url, under }) => url !== undefined && under[0] === component);
  const closed = `${titleOf(workload)} has no port on this machine: on Docker only what its settings publish has one`;
  const next =
    front === undefined
      ? `from inside: ${namedCommand("shell", workload.name, stack)}`
      : `${front.name} answers for it: ${namedCommand("open", front.name, stack)}; from inside: ${namedCommand("shell", workload.name, stack)}`;
  return `${closed}; ${next}`;
}

/** Prints an address, and opens it where there is a browser that somebody looks at. */
function show(url: string): void {
  process.stdout.write(`${url}\n`);
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  const seen = process.platform === "darwin" || process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"];
  if (!process.stdout.isTTY || !seen || !isInstalled(program)) return;
  spawn(program, [url], { detached: true, stdio: "ignore" })
    .on("error", () => {})
    .unref();
}

function isInstalled(program: string): boolean {
  return (process.env["PATH"] ?? "").split(":").some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
