import { operated } from "../daily/operated.ts";
import { statusOf } from "../daily/status.ts";
import { statusText } from "../daily/status-text.ts";
import { untilInterrupted } from "../daily/until-interrupted.ts";
import type { Stack } from "../setup/stack.ts";

/** Milliseconds between two looks of `--watch`. */
const EVERY = 2000;
/** Makes a terminal empty, and begins at its top. */
const CLEAR = "\u001b[H\u001b[2J\u001b[3J";

export interface StatusOptions {
  readonly watch?: boolean;
  readonly json?: boolean;
}

/**
 * Prints every part of a stack as it is now.
 *
 * @returns 1 where a part does not keep its promise
 */
export async function status(stack: Stack, { watch = false, json = false }: StatusOptions): Promise<number> {
  const on = await operated(stack);
  const { signal } = untilInterrupted();
  for (let before = ""; ; ) {
    const now = await statusOf(on);
    const text = json ? `${watch ? JSON.stringify(now) : JSON.stringify(now, null, 2)}\n` : statusText(stack, now);
    // Elsewhere than on a terminal only what is new is worth a line.
    const same = json ? JSON.stringify({ ...now, at: "" }) : text;
    if (process.stdout.isTTY && watch && !json) process.stdout.write(`${CLEAR}${text}`);
    else if (same !== before) process.stdout.write(text);
    before = same;
    if (!watch) return now.kept ? 0 : 1;
    if (await pause(EVERY, signal)) return now.kept ? 0 : 1;
  }
}

/** Whether the command was interrupted meanwhile. */
function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(true);
    const timer = setTimeout(() => resolve(false), milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve(true);
      },
      { once: true },
    );
  });
}
