import type { Changes, ResourceChange } from "../../components/workload/change.ts";
import { textOf } from "../../infra/layers/path.ts";
import type { Path } from "../../infra/layers/said.ts";
import { stackSettings } from "../../infra/stack.ts";
import { type Danger, dangersIn } from "./dangers.ts";
import { KINDS } from "./schema.ts";
import { settingDangers } from "./setting-dangers.ts";
import { thingsIn } from "./things.ts";

/** What a preview found out. */
export interface Preview {
  readonly changes: readonly ResourceChange[];
  /** Settings of the last deployment, without secrets; undefined where the state has none. */
  readonly before: unknown;
  /** Settings of the next one. */
  readonly after: unknown;
  readonly rules: Changes;
}

/** A danger, and the settings that it is known to follow from. */
export interface Found extends Danger {
  readonly settings: readonly Path[];
}

/** Every finding, the worst first. */
export function findingsOf(preview: Preview): Found[] {
  const { things, unknown } = thingsIn(preview.changes, preview.rules);
  return inOrder([...dangersIn(things, unknown, preview.rules).map((one) => ({ ...one, settings: [] })), ...ofSettings(preview)]);
}

function ofSettings({ before, after, changes }: Preview): Found[] {
  const none = { before: null, after: null, things: [] };
  // A stack that was never deployed has nothing that a setting could have protected.
  if (!changes.some((one) => one.before !== undefined)) return [];
  if (before === undefined) {
    const sentence =
      "the settings of the last deployment are not known, so that what only they show cannot be said; from the next deployment on it can";
    return [{ ...none, kind: "unknown", subject: "settings", sentence, settings: [] }];
  }
  return settingDangers(stackSettings, before, after).map(({ path, ...danger }) => ({
    ...danger,
    subject: textOf(path),
    things: [],
    settings: [path],
  }));
}

function inOrder(all: readonly Found[]): Found[] {
  return all.toSorted((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) || (one.subject < other.subject ? -1 : 1));
}
