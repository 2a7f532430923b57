import { SECRET_VALUE } from "../components/workload/change.ts";
import { valueAt } from "../components/workload/values.ts";
import { isNamedLikeSecret, type Rule, type Settings } from "./rule.ts";
import type { Shown, Workload } from "./workload.ts";

/** A whole stack. */
export interface StackShown {
  readonly workloads: readonly Workload[];
  /** The settings that it is deployed with, with a mark in the place of each secret; undefined where it does not keep them. */
  readonly settings: Readonly<Record<string, unknown>> | undefined;
}

/** The component whose outputs are the settings of a deployment. */
const DEPLOYED = "mlstack:index:Deployed";
const GIBIBYTE = 1024 ** 3;

/** The settings among what a stack registers. */
export function settingsIn(all: readonly Shown[]): StackShown["settings"] {
  const found = all.find(({ type }) => type === DEPLOYED)?.inputs["settings"];
  return typeof found === "object" && found !== null ? { ...found } : undefined;
}

/** Rules that only the whole of a stack can keep: they are checked when all of it is declared, in a preview before any of it is made. */
export const stackRules: readonly Rule<StackShown>[] = [
  {
    name: "public-port",
    description: "What others than this machine can reach asks for a key, and speaks TLS.",
    level: "mandatory",
    check: ({ settings }) =>
      publishedIn(settings).flatMap(({ path, part }) => {
        const missing = ["keys", "tls"].filter((one) => valueAt(part, ["edge", one]) === undefined);
        // Only what serves models has an edge of its own.
        const remedy = path.startsWith("serving.")
          ? `set ${missing.map((one) => `${path}.edge.${one}`).join(" and ")}`
          : `set ${path}.publish.address to 127.0.0.1, and put a gateway with both in front`;
        return missing.length === 0 ? [] : [`${path} is published to others without ${missing.join(" and ")}; ${remedy}`];
      }),
  },
  {
    name: "keep-in-production",
    description: "Data of a stack in production stay when it is destroyed.",
    level: "mandatory",
    check: ({ settings }) =>
      valueAt(settings, ["platform", "production"]) === true
        ? placesOf(settings, (part) => valueAt(part, ["keep"]) === false).map(
            ({ path }) => `${path}.keep is false in production, so that its data go with the stack; set it to true`,
          )
        : [],
  },
  {
    name: "plain-secret-setting",
    description: "A variable of the settings that is named like a secret has a secret value.",
    level: "mandatory",
    check: ({ settings }) =>
      placesOf(settings, (part) => "env" in part).flatMap(({ path, part }) =>
        Object.entries(Object(valueAt(part, ["env"]) ?? {}))
          .filter(([name, value]) => isNamedLikeSecret(name) && typeof value === "string" && !value.startsWith(SECRET_VALUE))
          .map(
            ([name]) => `${path}.env.${name} is written openly; npm run pulumi -- config set --secret --path 'mlstack:${path}.env.${name}'`,
          ),
      ),
  },
  {
    name: "gpu-budget",
    description: "A stack has no more GPUs than the company gives it.",
    level: "mandatory",
    settings: { limit: { type: "number", description: "GPUs of a stack, all of its members together; none: no limit." } },
    check: ({ workloads }, settings) =>
      overLimit(
        settings,
        sumOf(workloads, "gpus"),
        (sum, limit) => `the stack asks for ${sum} GPUs, and its budget is ${limit}; ask for fewer, or for a larger budget`,
      ),
  },
  {
    name: "memory-budget",
    description: "A stack has no more memory than the company gives it.",
    level: "mandatory",
    settings: { limit: { type: "number", description: "GiB of memory, all limits of a stack together; none: no limit." } },
    check: ({ workloads }, settings) =>
      overLimit(
        settings,
        sumOf(workloads, "memory") / GIBIBYTE,
        (sum, limit) =>
          `the stack's limits of memory are ${sum.toFixed(1)} GiB together, and its budget is ${limit} GiB; set smaller ones, or ask for a larger budget`,
      ),
  },
];

function overLimit({ limit }: Settings, sum: number, text: (sum: number, limit: number) => string): string[] {
  return typeof limit === "number" && sum > limit ? [text(sum, limit)] : [];
}

function sumOf(workloads: readonly Workload[], what: "gpus" | "memory"): number {
  return workloads.reduce((sum, { count, [what]: each }) => sum + count * each, 0);
}

interface Place {
  /** Path of a part of the settings, e.g. `serving.api`. */
  readonly path: string;
  readonly part: object;
}

/** Parts of the settings that are published to others than this machine. */
function publishedIn(settings: unknown): Place[] {
  const kind = valueAt(settings, ["platform", "kind"]);
  return placesOf(settings, (part) => {
    if (typeof valueAt(part, ["publish"]) !== "object" || valueAt(part, ["publish"]) === null) return false;
    const address = String(valueAt(part, ["publish", "address"]) ?? "127.0.0.1");
    return kind === "kubernetes" ? valueAt(settings, ["platform", "expose", "kind"]) !== "none" : !address.startsWith("127.");
  });
}

function placesOf(settings: unknown, applies: (part: object) => boolean, path = ""): Place[] {
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) return [];
  const own = path !== "" && applies(settings) ? [{ path, part: settings }] : [];
  return [...own, ...Object.entries(settings).flatMap(([key, part]) => placesOf(part, applies, path === "" ? key : `${path}.${key}`))];
}
