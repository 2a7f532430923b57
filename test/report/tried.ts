import type { Finding, Kind } from "../../tools/report/schema.ts";
import { LABELLED, type Labelled, type Said } from "./labelled.ts";

/** Kinds of findings that can be seen on an engine; the others say what only settings show. */
export const SEEN: readonly Kind[] = [
  "data-loss",
  "downtime",
  "training-stops",
  "training-restarts",
  "job-runs-again",
  "privilege-up",
  "reachable-by-more",
  "capacity-down",
];

/** A server in the place of one with a model: perl is part of every Debian image, and ends when it is asked to. */
const ANSWERS =
  '$SIG{TERM}=sub{$e=1}; $s=IO::Socket::INET->new(LocalPort=>8000,Listen=>50,ReuseAddr=>1) or die; until($e){$c=$s->accept or next; while(<$c>){last if /^\\r?$/} print $c "HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\nConnection: close\\r\\n\\r\\nok\\n"; close $c}';

/** What the labelled set's stacks say, as a real engine can run it beside others: small, and each epoch takes a second. */
export const REAL: Said = {
  "features.accounts": 200,
  "features.transactions": 800,
  "training.epochs": 90_000,
  "training.env": { EPOCH_SECONDS: "1" },
  "serving.fraud.image": process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim",
  "serving.fraud.server.command": ["perl", "-MIO::Socket::INET", "-e", ANSWERS],
  "serving.fraud.server.resources": { cpu: 0.3, memory: "192Mi" },
  "serving.fraud.server.readyPath": "/ready",
  // Clients of the test trust no certificate that is self-signed, and ask more than a hundred times a minute.
  "serving.fraud.edge.tls": null,
  "serving.fraud.edge.rateLimit.requests": 100_000,
};

/** The labelled change of this name. @throws Error where there is none */
export function labelled(change: string): Labelled {
  const found = LABELLED.find((one) => one.change === change);
  if (found === undefined) throw new Error(`no labelled change "${change}"`);
  return found;
}

/** The findings of a report that an engine can show, without their sections. */
export function seenIn(findings: readonly Pick<Finding, "kind" | "subject">[]): string[] {
  return findings
    .filter(({ kind }) => SEEN.includes(kind))
    .map(({ kind, subject }) => `${kind} ${subject.split("/").at(-1)}`)
    .sort();
}

/** What is labelled for changes that are made together, of the sections that the stack has. */
export function labelsOf(changes: readonly Labelled[], target: "docker" | "kubernetes", stack: object): string[] {
  const all = changes.flatMap((one) => one[target] ?? []).filter((label) => (/ (\w+)/.exec(label)?.[1] ?? "") in stack);
  return [...new Set(all)].sort();
}

/** Without the slowest parts of all, where no change is about them. */
export function withoutUnused(changes: readonly Labelled[]): Said {
  const all = JSON.stringify(changes.map(({ to }) => to));
  return Object.fromEntries(["tracking", "training"].filter((part) => !all.includes(`"${part}`)).map((part) => [part, null]));
}

/** One that is replaced under traffic, one that is away, work that runs again: seconds, where all take many minutes. */
const SMALL = ["another log level for two replicas", "a further header", "a variable of a job"];

/** The first of a target's groups, as many as are wished, or a small one; the groups build on one another. */
export function chosen(groups: readonly (readonly string[])[]): Labelled[][] {
  const runs = process.env["MLSTACK_TRUTH_RUNS"];
  const wished = runs === undefined ? [SMALL] : groups.slice(0, runs === "all" ? undefined : Number(runs));
  return wished.map((names) => names.map(labelled));
}
