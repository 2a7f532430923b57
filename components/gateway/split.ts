import { z } from "zod";

/** Lua of the image that sends copies. */
export const SHADOW_LUA = "/usr/local/share/mlstack-gateway/shadow.lua";

/** Port, on this container's own loopback, through which copies reach the shadow's replicas; the Lua program knows it. */
const SHADOW_PORT = 8406;

/** Draws are made of so many: a percentage has at most two decimals. */
const DRAWS = 10_000;

/** Part of the requests, 0 to 100. */
export const percent = z
  .number()
  .min(0)
  .max(100)
  .multipleOf(100 / DRAWS, "must have at most two decimals");

/** A service that gets a part of the requests. */
export interface Share {
  readonly address: string;
  readonly port: number;
  /** Part of the requests, 0 to 100. */
  readonly percent: number;
}

/**
 * Lines of the public frontend: each request draws whether the canary answers it, as long as one of its replicas passes
 * its check. With none, its share is 0 at once and by itself.
 */
export function canaryLines({ percent }: Share): string[] {
  return [`use_backend canary if { rand(${DRAWS}) lt ${drawsOf(percent)} } { nbsrv(canary) gt 0 }`];
}

/**
 * Lines of the public frontend: marks the requests of which the shadow gets a copy, as long as one of its replicas passes
 * its check. Only what reads or predicts is copied.
 */
export function shadowLines({ percent }: Share): string[] {
  return [
    "filter lua.shadow",
    `http-request set-var(txn.shadow) bool(true) if { method GET POST } { rand(${DRAWS}) lt ${drawsOf(percent)} } { nbsrv(shadow) gt 0 }`,
  ];
}

/** The frontend that only copies reach. What the shadow answers ends here. */
export function shadowFrontend(): string[] {
  return [
    "frontend copies",
    `bind 127.0.0.1:${SHADOW_PORT}`,
    // It has one already, with the real client.
    "option forwardfor if-none",
    'log-format "copy [%tr] %b/%s %Tr/%Ta %[var(txn.status)] %HM"',
    // The copy's own URL would be logged with its query.
    "http-request set-uri %[req.fhdr(x-gateway-uri)]",
    "http-request del-header x-gateway-uri",
    "http-response set-var(txn.status) status",
    "http-response return status 204",
    "default_backend shadow",
  ];
}

function drawsOf(percent: number): number {
  return Math.round((percent * DRAWS) / 100);
}
