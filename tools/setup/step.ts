import { performance } from "node:perf_hooks";
import { isCI, isTTY, spinner } from "@clack/prompts";

/** Tells a step what happens meanwhile, e.g. the last line a build printed. */
export type Tell = (detail: string) => void;

/**
 * One step of the set-up: what it is called, and what was found or made, with the time it took. On a terminal the
 * current detail is shown while it runs; elsewhere only slow steps say that they have begun.
 */
export async function step<T>(name: string, work: (tell: Tell) => Promise<{ said: string; value: T }>): Promise<T> {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  const animated = isTTY(process.stderr) && !isCI() ? spinner({ output: process.stderr, indicator: "timer" }) : undefined;
  animated?.start(name);
  const tell: Tell = (detail) => {
    if (animated !== undefined) animated.message(`${name}: ${detail.slice(0, 80)}`);
    else process.stderr.write(`• ${name}: ${detail} (${seconds()} s)\n`);
  };
  try {
    const { said, value } = await work(tell);
    animated?.clear();
    process.stderr.write(`✓ ${name}: ${said}, ${seconds()} s\n`);
    return value;
  } catch (error) {
    animated?.clear();
    process.stderr.write(`✗ ${name}, ${seconds()} s\n`);
    throw error;
  }
}
