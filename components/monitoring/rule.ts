import type { AlertSettings } from "./alert-settings.ts";
import type { Observed } from "./observed.ts";
import type { Scope } from "./query.ts";

/** What rules follow from. */
export interface Watched {
  readonly parts: readonly Observed[];
  readonly settings: AlertSettings;
  /** Name of the stack, for the commands that alerts name. */
  readonly stack: string;
  /** Changes with everything that is declared of the parts: graphs mark it, and rules wait for what it brings. */
  readonly deployment: string;
  /** Whether the numbers of the host are read: its disks and its memory. */
  readonly host: boolean;
  /** Whether the stack's own stores and alerts are looked at as well. */
  readonly own: boolean;
  /** Labels of the stack's series where other stacks' are stored too. */
  readonly scope: Scope;
}

/** How soon someone must look. */
export type Severity = "critical" | "warning";

/** A series that is computed again and again. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A rule that raises an alert while its expression has results. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>> & { readonly severity: Severity };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

/** Rules that are evaluated one after the other, as often as `interval` says; default: as often as all. */
export interface RuleGroup {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly (Recording | Alert)[];
}

/** What one kind of fault is said with. */
export interface Fault {
  /** Its heading in docs/alerts.md. */
  readonly alert: string;
  readonly severity: Severity;
  readonly expr: string;
  /** Time for which it must last. */
  readonly lasts?: string;
  /** A sentence for a stranger, with the part's name and the values, as templates of Prometheus. */
  readonly summary: string;
  /** The next command, and what it shows. */
  readonly next: string;
}

/** The alert of a fault. @param part undefined for what belongs to no part, such as the host */
export function alertOf({ settings }: Watched, part: string | undefined, fault: Fault): Alert {
  const { alert, severity, expr, lasts, summary, next } = fault;
  return {
    alert,
    expr,
    ...(lasts === undefined ? {} : { for: lasts }),
    labels: { severity, ...(part === undefined ? {} : { part }) },
    annotations: { summary, description: next, runbook_url: `${settings.page}#${alert.toLowerCase()}` },
  };
}

/** A command of the day after for the stack: `npm run logs -- api --previous -s prod`. */
export function command({ stack }: Watched, words: string): string {
  return `npm run ${words} -s ${stack}`;
}
