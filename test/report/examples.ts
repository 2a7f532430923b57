/**
 * The comments of three pull requests on a repository with twenty customers, as `docs/reports` shows them. A unit test compares them
 * with what the report says; `node test/report/examples.ts` writes them again after a change of it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ROOT } from "../../tools/lib/folders.ts";
import { fleetOf } from "../../tools/report/fleet.ts";
import { fleetMarkdown, fleetText } from "../../tools/report/fleet-text.ts";
import { seenOffline } from "../../tools/report/offline.ts";
import type { Seen } from "../../tools/report/preview.ts";
import { selected } from "../../tools/report/selection.ts";
import { settingsOf } from "../../tools/settings/settings-of.ts";
import type { Stack } from "../../tools/setup/stack.ts";
import { customers, deployAll, write } from "./customers.ts";

export const FOLDER = join(ROOT, "docs", "reports");

interface Example {
  readonly file: string;
  readonly title: string;
  /** What the pull request does. */
  readonly text: string;
  readonly edits: Readonly<Record<string, (text: string) => string>>;
}

const EXAMPLES: readonly Example[] = [
  {
    file: "base-layer.md",
    title: "A pull request that touches the base layer",
    text: "`layers/base.yaml`, from which all twenty customers start: a third replica of the API, and twice the memory for Redis.",
    edits: { "layers/base.yaml": (text) => text.replace("replicas: 2,", "replicas: 3,").replace("memory: 2Gi", "memory: 4Gi") },
  },
  {
    file: "one-customer.md",
    title: "A pull request that touches one customer",
    text: "`Pulumi.acme.yaml`: keys and a rate limit for its fraud server.",
    edits: {
      "Pulumi.acme.yaml": (text) =>
        `${text}  mlstack:serving: { fraud: { edge: { keys: { web: "sha256:${"0a".repeat(32)}" }, rateLimit: { requests: 600 } } } }\n`,
    },
  },
  {
    file: "data-loss.md",
    title: "A pull request that would lose data",
    text: "`Pulumi.hooli.yaml`: training is taken out, whose checkpoints are not kept; and a customer's file with a mistake in it.",
    edits: {
      "Pulumi.hooli.yaml": (text) => text.replace(/mlstack:training: .*/, "mlstack:training: null"),
      "Pulumi.tyrell.yaml": (text) => `${text}  mlstack:feature: { seed: 8 }\n`,
    },
  },
];

/** Text by file name. */
export async function examples(): Promise<Record<string, string>> {
  const before = process.env["MLSTACK_STATE"];
  const state = mkdtempSync(join(tmpdir(), "mlstack-examples-"));
  process.env["MLSTACK_STATE"] = state;
  const folder = customers(20);
  try {
    await deployAll(folder);
    const texts: Record<string, string> = {};
    const see = seenOnce();
    for (const { file, title, text, edits } of EXAMPLES) {
      const were = Object.keys(edits).map((name) => [name, readFileSync(join(folder, name), "utf8")] as const);
      for (const [name, was] of were) write(folder, name, edits[name]?.(was) ?? was);
      const comment = fleetMarkdown(fleetText(await fleetOf(await selected({ cwd: folder }), see, "offline")));
      for (const [name, was] of were) write(folder, name, was);
      texts[file] = `# ${title}\n\n${text} The comment:\n\n---\n\n${comment}`;
    }
    return texts;
  } finally {
    if (before === undefined) delete process.env["MLSTACK_STATE"];
    else process.env["MLSTACK_STATE"] = before;
    for (const one of [state, folder]) rmSync(one, { recursive: true });
  }
}

/** Compares a stack with its state, once for the same settings: most pull requests leave most customers as they are. */
function seenOnce(): (stack: Stack) => Promise<Seen> {
  const known = new Map<string, Promise<Seen>>();
  return async (stack) => {
    const key = JSON.stringify([stack.name, settingsOf(stack)]);
    const seen = known.get(key) ?? seenOffline(stack);
    known.set(key, seen);
    return seen;
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [file, text] of Object.entries(await examples())) writeFileSync(join(FOLDER, file), text);
}
