import { z } from "zod";

import { quoted } from "../workload/index.ts";

/** Host name as clients write it, in lower case, or an IPv4 address. */
export const hostName = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?$/, {
  error: ({ input }) => `must be a host name in lower case or an IPv4 address, got ${quoted(input)}`,
});

/** Origin as a browser sends it: scheme, host in lower case, port where it is not the usual one. */
export const origin = z.string().regex(/^https?:\/\/[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(:[0-9]{1,5})?$/, {
  error: ({ input }) => `must be an origin such as "https://app.example.com", without a path and not "*", got ${quoted(input)}`,
});

/** Host names that a server compares: `*` stands for any part, but not for the whole; a port is optional. */
export const hostPattern = z.string().regex(/^(?=.*[A-Za-z0-9])[A-Za-z0-9.*-]+(:\d{1,5})?$/, {
  error: ({ input }) => `must be a host name, with no scheme and no path, for example "mlflow.example.org", got ${quoted(input)}`,
});

/** Origins that a server compares, with the same `*`. */
export const originPattern = z.string().regex(/^https?:\/\/(?=.*[A-Za-z0-9])[A-Za-z0-9.*-]+(:\d{1,5})?$/, {
  error: ({ input }) => `must be scheme and host, with no path, for example "https://app.example.org", got ${quoted(input)}`,
});
