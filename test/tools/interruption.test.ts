import { afterEach, describe, expect, test, vi } from "vitest";

import { Interruption } from "../../tools/lib/interruption.ts";

describe("an interruption", () => {
  let interruption = new Interruption();
  afterEach(() => {
    interruption.close();
    vi.useRealTimers();
  });
  const fresh = () => {
    interruption = new Interruption();
    return interruption;
  };

  test("stops once, for the first cause only, and at once for a late listener", () => {
    const stop = vi.fn();
    fresh().onInterrupt(stop);
    interruption.interrupt({ code: 1, why: "first" });
    interruption.interrupt({ code: 2, why: "second" });
    expect(stop).toHaveBeenCalledOnce();
    expect(interruption.cause).toEqual({ code: 1, why: "first" });
    interruption.onInterrupt(stop);
    expect(stop).toHaveBeenCalledTimes(2);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("comes with %s, as a shell counts it, and only while it listens", (signal, code) => {
    const before = process.listenerCount(signal);
    fresh().listenToSignals();
    process.emit(signal);
    expect(interruption.cause).toEqual({ code });
    interruption.close();
    expect(process.listenerCount(signal)).toBe(before);
  });

  test("comes at the deadline, also one that no timer reaches", () => {
    vi.useFakeTimers();
    const days = 40 * 24 * 3600;
    fresh().interruptAfter(days);
    vi.setSystemTime(Date.now() + (days - 1) * 1000);
    vi.advanceTimersByTime(500);
    expect(interruption.cause).toBeUndefined();
    vi.advanceTimersByTime(1000);
    expect(interruption.cause?.code).toBe(124);
  });
});
