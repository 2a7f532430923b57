import { afterAll, vi } from "vitest";

import { reportOtherRejections } from "./expected-failures.ts";

/**
 * Files of unit tests follow each other in one process, which has then loaded the program once for all of them. Each leaves the process
 * as it found it: its clock, its variables, its folder, and every function that it has watched. Pulumi's mocks are set by each file that
 * needs them.
 */
const variables = { ...process.env };
const folder = process.cwd();
reportOtherRejections();

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  for (const name of Object.keys(process.env)) if (variables[name] === undefined) delete process.env[name];
  Object.assign(process.env, variables);
  process.chdir(folder);
});
