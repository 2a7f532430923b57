/** What the next deployment does about something that is not as the last one left it. */
export const NEXT = ["made again", "started again", "run again", "put right", "left alone", "refused"] as const;
export type Next = (typeof NEXT)[number];

/** In which way something is no longer what the last deployment made, and what becomes of that. */
export interface Deviation {
  /** The end of a sentence that begins with its name, e.g. `was stopped by hand`. */
  readonly what: string;
  readonly next: Next;
  /** The same as the end of that sentence, e.g. `it will be started again`. */
  readonly outcome: string;
  /** What puts it right where a deployment does not. */
  readonly remedy?: string | undefined;
}

/** Something that is not as the last deployment left it, or that no deployment has made. */
export interface Drift extends Deviation {
  /** As messages name it, e.g. `web-0`, `service "web"`. */
  readonly subject: string;
}

/** A deviation as previews say it, behind the name of what it is of. */
export function deviationText({ what, outcome }: Deviation): string {
  return `${what}: ${outcome}`;
}
