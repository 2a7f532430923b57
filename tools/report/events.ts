import { z } from "zod";

import type { Declared, ResourceChange, Step } from "../../components/workload/change.ts";

const state = z.object({
  type: z.string(),
  urn: z.string(),
  parent: z.string().catch(""),
  retainOnDelete: z.boolean().catch(false),
  inputs: z.record(z.string(), z.unknown()).nullish().catch({}),
  outputs: z.record(z.string(), z.unknown()).nullish().catch({}),
});
type State = z.output<typeof state>;

const metadata = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  old: state.nullish(),
  new: state.nullish(),
  detailedDiff: z.record(z.string(), z.unknown()).nullish(),
  diffs: z.array(z.string()).nullish(),
});

const event = z.object({
  resourcePreEvent: z.object({ metadata }).optional(),
  resOutputsEvent: z.object({ metadata }).optional(),
  resOpFailedEvent: z.object({ metadata }).optional(),
  diagnosticEvent: z.object({ urn: z.string().optional(), message: z.string(), severity: z.string() }).optional(),
  policyEvent: z.object({ message: z.string(), policyName: z.string().catch(""), enforcementLevel: z.string().catch("") }).optional(),
  summaryEvent: z.object({ result: z.string().catch(""), maybeCorrupt: z.boolean().catch(false) }).optional(),
  errorEvent: z.object({ error: z.string() }).optional(),
});

/** A line of a program or provider, without its colours. */
export interface Note {
  readonly severity: "info" | "warning" | "error";
  readonly text: string;
}

/** What the engine said of a preview. */
export interface Events {
  readonly changes: readonly ResourceChange[];
  /** Outputs of each component before and after, by the component's type. */
  readonly outputs: ReadonlyMap<string, { readonly before: unknown; readonly after: unknown }>;
  readonly notes: readonly Note[];
  /** Whether the engine came to the end of the preview. */
  readonly complete: boolean;
  /** Steps that no rule knows. */
  readonly strange: readonly string[];
}

/** What each of the engine's words comes to. A part of a replacement is not listed: the replacement itself is. */
const STEPS: Readonly<Record<string, Step>> = {
  same: "same",
  read: "same",
  refresh: "same",
  create: "create",
  import: "create",
  update: "update",
  replace: "replace",
  delete: "delete",
};
const PARTS = new Set([
  "create-replacement",
  "delete-replaced",
  "discard-replaced",
  "read-replacement",
  "remove-pending-replace",
  "import-replacement",
]);
const STACK = "pulumi:pulumi:Stack";

/**
 * Reads the engine's events, one a line. What is no event is left out, and so is what the engine notes for its own makers: that may
 * show a secret.
 */
export function eventsIn(text: string): Events {
  const all = text.split("\n").flatMap((line) => eventIn(line));
  const known = new Map<string, State>();
  for (const { old, new: now } of all.flatMap(metadataOf)) for (const one of [old, now]) if (one) known.set(one.urn, one);
  const changes = new Map<string, ResourceChange>();
  const strange: string[] = [];
  for (const one of all.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? [])) {
    if (PARTS.has(one.op) || one.type === STACK) continue;
    const step = STEPS[one.op];
    if (step === undefined) strange.push(`${one.op} of ${one.urn.split("::").slice(-1)[0]}`);
    else if (changes.get(one.urn)?.step !== "replace") changes.set(one.urn, changeIn(one, step, known));
  }
  return {
    changes: [...changes.values()],
    outputs: outputsIn(all.flatMap(metadataOf)),
    notes: notesIn(all),
    complete: isComplete(all),
    strange,
  };
}

type Event = z.output<typeof event>;

function eventIn(line: string): Event[] {
  if (!line.startsWith("{")) return [];
  try {
    const { data } = event.safeParse(JSON.parse(line));
    return data === undefined ? [] : [data];
  } catch {
    return [];
  }
}

function metadataOf({ resourcePreEvent, resOutputsEvent, resOpFailedEvent }: Event) {
  return [resourcePreEvent, resOutputsEvent, resOpFailedEvent].flatMap((one) => one?.metadata ?? []);
}

function changeIn(
  { old, new: now, detailedDiff, diffs }: z.output<typeof metadata>,
  step: Step,
  known: ReadonlyMap<string, State>,
): ResourceChange {
  const paths = Object.keys(detailedDiff ?? {});
  return {
    step,
    before: step === "create" ? undefined : declaredIn(old ?? undefined, known),
    after: step === "delete" ? undefined : declaredIn(now ?? undefined, known),
    changed: paths.length > 0 ? paths : (diffs ?? []),
  };
}

function declaredIn(one: State | undefined, known: ReadonlyMap<string, State>): Declared | undefined {
  if (one === undefined) return undefined;
  const within: string[] = [];
  const under: string[] = [];
  for (let above = known.get(one.parent); above !== undefined && above.type !== STACK; above = known.get(above.parent)) {
    within.unshift(above.type);
    under.unshift(nameOf(above.urn));
  }
  return { type: one.type, name: nameOf(one.urn), inputs: one.inputs ?? {}, retained: one.retainOnDelete, within, under };
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function outputsIn(all: readonly z.output<typeof metadata>[]): Events["outputs"] {
  const found = new Map<string, { before: unknown; after: unknown }>();
  for (const { type, old, new: now } of all) {
    const before = old?.outputs ?? undefined;
    // The last event of each has what the program gave in the end.
    if (type === STACK || type.startsWith("mlstack:index:")) found.set(type, { before, after: now?.outputs ?? undefined });
  }
  return found;
}

function notesIn(all: readonly Event[]): Note[] {
  const said = all.flatMap(({ diagnosticEvent, policyEvent, errorEvent }): Note[] => {
    if (errorEvent !== undefined) return [{ severity: "error", text: errorEvent.error }];
    if (policyEvent !== undefined) {
      const isStrict = policyEvent.enforcementLevel === "mandatory";
      return [{ severity: isStrict ? "error" : "warning", text: `${policyEvent.policyName}: ${plain(policyEvent.message)}` }];
    }
    const severity = severityOf(diagnosticEvent?.severity);
    return diagnosticEvent === undefined || severity === undefined ? [] : [{ severity, text: plain(diagnosticEvent.message) }];
  });
  const texts = new Set<string>();
  return said.filter(({ text }) => text !== "" && !texts.has(text) && texts.add(text));
}

function severityOf(word: string | undefined): Note["severity"] | undefined {
  if (word === "error" || word === "warning") return word;
  return word === "info" || word === "info#err" ? "info" : undefined;
}

function isComplete(all: readonly Event[]): boolean {
  return all.some(({ summaryEvent }) => summaryEvent !== undefined && summaryEvent.result !== "failed" && !summaryEvent.maybeCorrupt);
}

/** Without the engine's marks for colours. */
function plain(text: string): string {
  return text.replaceAll(/<\{%[^%]*%\}>/g, "").trim();
}
