import * as pulumi from "@pulumi/pulumi";

import type { StackSettings } from "./stack.ts";

/** Commands that show a deployed stack at work, one for each part that answers from outside. */
export function tryIt(settings: StackSettings, urls: Readonly<Record<string, pulumi.Output<string>>>): pulumi.Output<string[]> {
  const lines = Object.entries(urls).map(([part, url]) => url.apply((address) => commandFor(settings, part, address)));
  return pulumi.all(lines);
}

function commandFor({ serving }: StackSettings, part: string, url: string): string {
  if (part === "features") return `curl ${url}/features/1`;
  const server = serving[part];
  // MLflow has a page of its own.
  if (server === undefined) return `open ${url}`;
  const { edge } = server;
  const insecure = edge?.tls !== undefined && "selfSigned" in edge.tls ? "--insecure " : "";
  return `curl ${insecure}${url}/health`;
}
