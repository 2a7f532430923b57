import { z } from "zod";

import { quoted } from "./mistakes.ts";

/** Name, tag and digest as registries allow them (github.com/distribution/reference). */
const REFERENCE =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

/** Reference of an image: `[registry/]name[:tag][@sha256:…]`. */
export const imageReference = z.string().regex(REFERENCE, {
  error: ({ input }) =>
    `must be an image such as "registry.example.com/team/api:1.4" or "api@sha256:<64 hex digits>", got ${quoted(input)}`,
});
