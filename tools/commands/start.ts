import { DEV } from "../setup/index.ts";
import { mustRun } from "../setup/run.ts";
import { pulumi } from "./pulumi.ts";
import { repairIfInterrupted } from "./repair.ts";

/** Brings the dev stack up and says where it answers. */
export async function start(env: Readonly<Record<string, string>>): Promise<number> {
  await repairIfInterrupted(env);
  const code = await pulumi(["up", "--stack", DEV, "--yes", "--skip-preview"], env);
  if (code !== 0) return code;
  const outputs: unknown = JSON.parse(await mustRun("outputs", "pulumi", ["stack", "output", "--json", "--stack", DEV], { env }));
  process.stdout.write(farewell(outputs));
  return 0;
}

/** What the stack's outputs tell a user to do next. */
export function farewell(outputs: unknown): string {
  const { url, tryIt } = typeof outputs === "object" && outputs !== null ? { url: undefined, tryIt: undefined, ...outputs } : {};
  const lines = url === undefined ? ["The dev stack is up; it publishes nothing."] : [`The API answers at ${String(url)}`];
  if (tryIt !== undefined) lines.push(`Try it:   ${String(tryIt)}`);
  return `\n${lines.join("\n")}\nStop it:  npm run stop\n`;
}
