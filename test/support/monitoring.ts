import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { until } from "./stack.ts";

const program = promisify(execFile);
const BUILD = fileURLToPath(new URL("../../workloads/build", import.meta.url));

/**
 * The image that the workloads' tests have built, or build: to compile its programs once more, as a platform would, takes minutes.
 *
 * @param registry where a cluster finds it; default: the engine has it
 */
export async function monitoringImage(registry?: string): Promise<string> {
  const image = (await program(BUILD, ["monitoring"])).stdout.trim();
  if (registry === undefined) return `${image}:latest`;
  const there = `${registry}/mlstack/monitoring-of-tests`;
  await program("docker", ["tag", image, there]);
  await program("docker", ["push", "-q", there]);
  const { stdout } = await program("docker", ["inspect", "-f", '{{join .RepoDigests " "}}', image]);
  return (
    stdout
      .trim()
      .split(" ")
      .find((digest) => digest.startsWith(`${there}@`)) ?? there
  );
}

/** Where the pages of a stack's monitoring answer. */
export interface Pages {
  readonly metrics: string;
  readonly alerts: string;
  readonly logs?: string;
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** The newest value of each series of a query. */
export async function series({ metrics }: Pages, query: string): Promise<Series[]> {
  const { data } = (await json(`${metrics}/api/v1/query?query=${encodeURIComponent(query)}`)) as { data: { result: Series[] } };
  return data.result;
}

/** Waits until so many programs of each part answer, by the rules of docs/monitoring.md, and no part besides. */
export async function untilRead(pages: Pages, parts: Readonly<Record<string, number>>): Promise<void> {
  const query = 'count by (part) (up{part!~"monitoring-.*"} == 1 or redis_up == 1 or probe_success == 1)';
  let found: Record<string, number> = {};
  await until(`numbers of ${Object.keys(parts).join(", ")}`, async () => {
    found = Object.fromEntries((await series(pages, query)).map(({ metric, value }) => [metric["part"] ?? "", Number(value[1])]));
    return Object.entries(parts).every(([part, count]) => found[part] === count);
  }).catch((error) => {
    throw new Error(`${error}; there are ${JSON.stringify(found)}`);
  });
}

/** Waits until every rule has been evaluated, and says those that cannot be. */
export async function brokenRules({ alerts }: Pages): Promise<string[]> {
  interface Rules {
    readonly data: {
      readonly groups: readonly { readonly rules: readonly { name: string; lastError?: string; lastEvaluation: string }[] }[];
    };
  }
  const rules = async () => ((await json(`${alerts}/api/v1/rules`)) as Rules).data.groups.flatMap((group) => group.rules);
  await until("every rule was evaluated", async () => {
    const all = await rules();
    return all.length > 0 && all.every(({ lastEvaluation }) => Date.parse(lastEvaluation) > 0);
  });
  return (await rules()).flatMap(({ name, lastError = "" }) => (lastError === "" ? [] : [`${name}: ${lastError}`]));
}

/** Lines that a query of the logs finds. */
export async function lines({ logs }: Pages, query: string): Promise<Readonly<Record<string, string>>[]> {
  const answer = await fetch(`${logs}/select/logsql/query?query=${encodeURIComponent(query)}`, { signal: AbortSignal.timeout(30_000) });
  const text = await answer.text();
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

async function json(url: string): Promise<unknown> {
  return (await fetch(url, { signal: AbortSignal.timeout(30_000) })).json();
}
