import { Octokit } from "@octokit/core";
import { paginateRest } from "@octokit/plugin-paginate-rest";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";

const Client = Octokit.plugin(paginateRest, retry, throttling);

/** GitHub's API, which is asked again where it has too many calls or an error of its own. */
export type GitHub = InstanceType<typeof Client>;

/** How GitHub is reached. */
export interface Access {
  readonly token: string;
  /** Of the API: a company's own server has another one. */
  readonly url: string;
}

/** Times that a call is made again. */
const AGAIN = 3;
/** Longest time, in seconds, that is waited where GitHub says how long. */
const LONGEST_WAIT = 600;

/** How long is waited. */
export interface Pace {
  /** Milliseconds of a second that GitHub, or a number of failures, says to wait. */
  readonly second: number;
  /** In which calls that write follow each other; default: as slowly as GitHub advises. */
  readonly queues?: Queues;
}

type Queues = Pick<Extract<NonNullable<ConstructorParameters<typeof Client>[0]>["throttle"], object>, "write" | "notifications">;

export function connect({ token, url }: Access, { second, queues = {} }: Pace = { second: 1000 }): GitHub {
  const isWorthIt = (after: number, _options: object, _client: object, times: number) => times < AGAIN && after <= LONGEST_WAIT;
  return new Client({
    auth: token,
    baseUrl: url.replace(/\/+$/, ""),
    userAgent: "mlstack",
    // What is to be said of a call is said by its caller.
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    retry: { retries: AGAIN, retryAfterBaseValue: second },
    throttle: {
      ...queues,
      onRateLimit: isWorthIt,
      onSecondaryRateLimit: isWorthIt,
      retryAfterBaseValue: second,
      fallbackSecondaryRateRetryAfter: 60,
    },
  });
}

function nothing(): void {}
