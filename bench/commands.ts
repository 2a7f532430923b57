import { join } from "node:path";

import { ROOT } from "../tools/lib/folders.ts";
import { Problem } from "../tools/lib/problem.ts";
import { run } from "../tools/lib/run.ts";
import { secondsOf } from "./first-ups.ts";
import { type Cost, cost, timed } from "./measure.ts";
import { type Environment, NAME, project, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";
import type { Row } from "./table.ts";

const FEATURES = { publish: { port: 18_483 } };
const PLATFORM = { kind: "docker", prefix: NAME };
/** A word with a letter too many; every command that reads settings has to refuse it. */
const MISTAKE = { ...FEATURES, dataVersionn: "2" };

/** What a user waits for who has nothing to deploy, or has made a mistake. */
export async function commands(home: string, given: Environment): Promise<Row[]> {
  const env = { ...given, MLSTACK_STATE: join(home, "commands-state") };
  const folder = join(home, "commands");
  const stack = await project(home, "commands", "infra/index.ts", given, { platform: PLATFORM, features: FEATURES });
  const npm = (word: string) => ["run", "--silent", word, "--", "--cwd", folder, "--stack", NAME];
  const costs: Record<"start" | "check" | "preview", Cost[]> = { start: [], check: [], preview: [] };
  await cost("npm", npm("start"), { cwd: ROOT, env });
  await rounds("commands", ROUNDS, async () => {
    stack.configure({ platform: PLATFORM, features: FEATURES });
    costs.start.push(await cost("npm", npm("start"), { cwd: ROOT, env }));
    stack.configure({ platform: PLATFORM, features: MISTAKE });
    costs.check.push(await refused("npm", npm("check"), { cwd: ROOT, env }));
    costs.preview.push(await refused("pulumi", ["preview", "--stack", NAME, "--non-interactive"], { cwd: folder, env: given }));
    return `npm start ${costs.start.at(-1)?.seconds.toFixed(1)} s`;
  });
  stack.configure({ platform: PLATFORM, features: FEATURES });
  await cost("npm", npm("stop"), { cwd: ROOT, env });
  const goal = (most: number) => ({ goal: { value: { most } } });
  return [
    { what: "`npm start`, nothing to do, s", own: secondsOf(costs.start), ...goal(2) },
    { what: "a mistake in a stack file, `npm run check`, s", own: secondsOf(costs.check), ...goal(1) },
    { what: "a mistake in a stack file, `pulumi preview`, s", own: secondsOf(costs.preview), ...goal(1) },
  ];
}

/** How long a command takes that must refuse the mistake. */
async function refused(program: string, args: readonly string[], options: { cwd: string; env: Environment }): Promise<Cost> {
  return await timed(async () => {
    const { code, text } = await run(program, args, options);
    if (code === 0 || !text.includes("dataVersion")) throw new Problem(`bench: ${program} does not refuse the mistake\n${text}`);
  });
}
