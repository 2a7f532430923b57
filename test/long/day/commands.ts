import { z } from "zod";

import { type Daily, daily, dailyUntil } from "../../support/daily.ts";
import type { TestStack } from "../../support/stack.ts";
import type { DaySystem, Scene } from "./fault.ts";

const parts = z.object({ parts: z.array(z.object({ kind: z.string(), name: z.string(), url: z.string().optional() })) });

/** Every daily command on a stack under load. @returns what was not as docs/day-after.md says */
export async function commands({ commands: { part, gateway, misspelt } }: DaySystem, scene: Scene): Promise<string[]> {
  const { stack, target } = scene.ground.example;
  const wrong: string[] = [];
  const check = (what: string, isSo: boolean, { code, text }: Daily) => {
    if (!isSo) wrong.push(`${what}: exit code ${code}:\n${text.split("\n").slice(-25).join("\n")}`);
  };
  const run = (command: string, ...words: string[]) => daily(stack, command, ...words);

  const status = await run("status");
  check("status", status.code === 0 && status.output.includes("every part keeps its promise"), status);
  const all = await run("logs", part, "--since", "1h");
  check(
    "logs of both replicas in one stream",
    [0, 1].every((at) => new RegExp(`^${part}-${at} +\\| `, "m").test(all.output)),
    all,
  );
  const found = await run("logs", `${part}-1`, "--since", "1h", "--grep", "startup complete|is ready");
  check("logs --grep", found.output !== "" && found.output.split("\n").every((line) => /^$|startup complete|is ready/.test(line)), found);
  const followed = await dailyUntil(stack, "logs", [gateway, "-f", "--since", "1s"], (output) => output.split("\n").length > 20);
  check("logs -f ends with Ctrl-C", followed.code === 0 && followed.output.split("\n").length > 20, followed);
  const entered = await run("shell", `${part}-1`, "--", "sh", "-c", "hostname; exit 7");
  check("shell", entered.code === 7 && entered.output.trim() !== "", entered);
  const near = await run("logs", misspelt);
  check("a wrong name", near.code === 1 && near.text.includes(`no part is called "${misspelt}"; did you mean "${part}"?`), near);
  const began = Date.now();
  const restarted = await run("restart", part);
  check("restart", restarted.code === 0, restarted);
  wrong.push(...scene.load.since(began).map((what) => `restart: a request failed: ${what}`));

  const services = parts.parse(JSON.parse((await run("status", "--json")).output)).parts.filter(({ kind }) => kind === "service");
  for (const { name, url } of services) {
    const isForwarded = target === "Kubernetes" && url === undefined;
    let isThere = false;
    const look = async (address: string) => {
      isThere = await answers(address);
      return true;
    };
    const opened = await open(stack, name, isForwarded, look);
    const isClosed = target === "Docker" && url === undefined;
    check(`open ${name}`, isClosed ? opened.code === 1 && CLOSED.test(opened.text) : opened.code === 0 && isThere, opened);
  }
  for (const page of ["metrics", "logs", "alerts"]) {
    let content = "";
    const look = async (address: string) => {
      content = await (await fetch(address, { signal: AbortSignal.timeout(10_000) })).text();
      return true;
    };
    const opened = await open(stack, `monitoring/${page}`, target === "Kubernetes", look);
    check(`open monitoring/${page}`, opened.code === 0 && /<html/i.test(content), { ...opened, text: opened.text + content });
  }
  return wrong;
}

/** What `open` says of a part that has no address on this machine. */
const CLOSED = /has no port on this machine/;

/** Opens a part and looks there. @param isForwarded whether the command holds a port open until Ctrl-C; else it only says the address */
async function open(stack: TestStack, name: string, isForwarded: boolean, look: (address: string) => Promise<boolean>): Promise<Daily> {
  if (isForwarded) return dailyUntil(stack, "open", [name], (output) => look(output.trim()));
  const opened = await daily(stack, "open", name);
  if (opened.code === 0) await look(opened.output.trim());
  return opened;
}

/** Whether anything answers there: some speak no HTTP, and close the connection. */
async function answers(url: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const { hostname, port } = new URL(url);
  const { connect } = await import("node:net");
  const socket = connect(Number(port), hostname, () => resolve(true)).on("error", () => resolve(false));
  const isOpen = await promise;
  socket.destroy();
  return isOpen;
}
