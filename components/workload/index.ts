/** The language: what may be asked of any platform, and the port `Platform`. */
export * from "./container.ts";
export * from "./env.ts";
export * from "./gang.ts";
export * from "./handles.ts";
export * from "./image.ts";
export * from "./job.ts";
export * from "./mistakes.ts";
export * from "./name.ts";
export * from "./order.ts";
export * from "./placement.ts";
export * from "./platform.ts";
export * from "./probe.ts";
export * from "./refuse.ts";
export * from "./schema.ts";
export * from "./service.ts";
export * from "./storage.ts";
export * from "./units.ts";
