// Starts the tools on any Node.js from 20 on: installs the locked dependencies, among them the Node.js that the project
// runs on, and hands over to it. Plain JavaScript, because older Node.js cannot read TypeScript; no dependency, because
// none is installed yet.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { underLock } from "./lib/lock.mjs";
import { directLoopback } from "./lib/proxy.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const stamp = join(modules, ".mlstack-lock");
const node = join(modules, ".bin", "node");
const cache = process.env.MLSTACK_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mlstack");
const key = (text) => createHash("sha256").update(text).digest("hex");
const wanted = key(readFileSync(join(root, "package-lock.json")));

if (!isInstalled()) {
  const lock = join(cache, "locks", `dependencies-${key(root).slice(0, 12)}`);
  await underLock(
    lock,
    () => isInstalled() || install(),
    (pid) => process.stderr.write(`• dependencies: waiting for another command that installs them (process ${pid})\n`),
  );
}

if (!isInstalled()) process.exit(1);

// A terminal's interrupt reaches the command too, which ends in good order: this process waits for it.
process.on("SIGINT", () => {});
const run = spawnSync(node, [join(root, "tools", "cli.ts"), ...process.argv.slice(2)], {
  stdio: "inherit",
  // Compiled code is kept, which is half of a command's time. Behind a company's proxy, what runs on this machine must not be looked for there.
  env: { NODE_COMPILE_CACHE: join(cache, "compile-cache"), ...process.env, ...directLoopback() },
});
process.exit(run.status ?? 1);

function isInstalled() {
  return existsSync(stamp) && existsSync(node) && readFileSync(stamp, "utf8") === wanted;
}

async function install() {
  const started = Date.now();
  const say = (what) => process.stderr.write(`${what}, ${Math.round((Date.now() - started) / 1000)} s\n`);
  process.stderr.write("• dependencies: npm ci …\n");
  const timer = setInterval(() => say("• dependencies: npm ci goes on"), 10_000);
  const npm = spawn("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error", "--cache", join(cache, "npm")], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, npm_config_devdir: join(cache, "node-gyp") },
  });
  try {
    const [code] = await once(npm, "exit");
    if (code !== 0) return process.stderr.write("✗ dependencies: npm ci failed, see above\n");
    writeFileSync(stamp, wanted);
    say("✓ dependencies: installed");
  } catch (error) {
    process.stderr.write(`✗ dependencies: npm cannot be started (${error.message}); install Node.js with npm\n`);
  } finally {
    clearInterval(timer);
  }
}
