import { type Dockerfile, stageIndex } from "../../components/workload/build/dockerfile.ts";

/** What of a stage decides beforehand whether a build can succeed. */
export interface Stage {
  readonly name: string | undefined;
  /** What it begins from, as it is written: an image, an argument, or an earlier stage. */
  readonly from: string;
  /** Whether a program of the image runs while it is built. */
  readonly runs: boolean;
}

/**
 * The stages that a build of `target` goes through, in order; undefined when there is no such stage. Old engines build
 * all that come before the target, needed or not.
 *
 * @param target name or number of a stage; default: the last
 */
export function stagesTo(file: Dockerfile, target: string | undefined): readonly Stage[] | undefined {
  const index = stageIndex(file, target);
  if (index === -1 && file.stages.length > 0) return undefined;
  return file.stages.slice(0, index + 1).map(({ name, from, native, instructions }) => {
    const runs = !native && instructions.some(({ keyword }) => keyword === "RUN");
    return { name, from, runs };
  });
}

/** Whether the last of `stages` begins from nothing at all, by itself or through earlier ones. */
export function fromScratch(stages: readonly Stage[]): boolean {
  const from = stages.at(-1)?.from.toLowerCase();
  if (from === undefined || from === "scratch") return from !== undefined;
  const parent = stages.slice(0, -1).findLastIndex(({ name }) => name?.toLowerCase() === from);
  return parent !== -1 && fromScratch(stages.slice(0, parent + 1));
}
