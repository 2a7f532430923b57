import * as w from "../workload/index.ts";
import { answer } from "./text.ts";

/** So many requests in so much time. */
export interface RateLimit {
  readonly requests: number;
  readonly per: w.Duration;
}

/**
 * Lines of the public frontend: 429 for a client over its rate. A client is a customer with all its keys, or else a source
 * address (of IPv6 its /64 network). Only requests that are let through count, so that one who keeps trying is served at
 * the allowed rate. The counters are this gateway's own: another instance counts for itself, and a new one from zero.
 */
export function rateLimitLines({ requests, per }: RateLimit, byCustomer: boolean): string[] {
  const seconds = w.toSeconds(per);
  return [
    `stick-table type string len 64 size 100k expire ${2 * seconds}s store gpc0_rate(${seconds}s)`,
    "http-request set-var(txn.client) src,ipmask(32,64)",
    ...(byCustomer ? ["http-request set-var(txn.client) var(txn.customer) if known"] : []),
    "http-request track-sc0 var(txn.client)",
    `http-request ${answer(429, `more than ${requests} requests in ${seconds} s`, ["retry-after", String(seconds)])} if { sc0_gpc0_rate ge ${requests} }`,
    "http-request sc-inc-gpc0(0)",
  ];
}
