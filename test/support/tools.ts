import { join } from "node:path";

import { cacheFolder } from "../../tools/lib/folders.ts";

/** Where a test that starts the tools finds their compiled code, as npm's commands do: else compiling is most of what the test does. */
export const COMPILED = { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? join(cacheFolder(), "compile-cache") };
