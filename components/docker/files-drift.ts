import type { Deviation } from "../workload/drift.ts";

/** Files by name. */
type Files = Readonly<Record<string, string>>;

/** What of config files is not as it was written. */
export interface FilesDrift {
  /** Files of another content, or gone: they are written again, and what serves or trains with them starts again. */
  readonly changed: readonly string[];
  /** Files that the stack does not know, which stay. */
  readonly further: readonly string[];
}

/** @param seen what is in the volume; undefined where no container of the engine shows it, and so none reads it */
export function filesDrift(written: Files, seen: Files | undefined): FilesDrift {
  if (seen === undefined) return { changed: [], further: [] };
  return {
    changed: Object.keys(written).filter((name) => seen[name] !== written[name]),
    further: Object.keys(seen).filter((name) => !(name in written)),
  };
}

/** The same for messages, behind the name of the files. @param volume that they are in */
export function filesDeviations({ changed, further }: FilesDrift, volume: string): Deviation[] {
  return [
    ...(changed.length === 0
      ? []
      : [
          {
            what: `were changed by hand (${changed.join(", ")})`,
            next: "made again",
            outcome: "they will be written again, and what serves or trains with them starts again",
          } as const,
        ]),
    ...(further.length === 0
      ? []
      : [
          {
            what: `have others beside them by hand (${further.join(", ")})`,
            next: "left alone",
            outcome: "those stay",
            remedy: `docker run --rm -v ${volume}:/files IMAGE rm ${further.map((name) => `/files/${name}`).join(" ")}`,
          } as const,
        ]),
  ];
}
