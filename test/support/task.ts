import { task } from "../../tools/commands/task.ts";
import { Problem } from "../../tools/lib/problem.ts";

// `npm run task` without the set-up, so that it works on a test's own state: task.ts FOLDER STACK NAME [ARGUMENTS].
const [cwd = "", stack = "", name, ...args] = process.argv.slice(2);
try {
  process.exitCode = await task({}, name, args, { stack, cwd });
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
