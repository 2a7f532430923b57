import { previewRows } from "./first-ups.ts";
import { type Cost, median } from "./measure.ts";
import { type Project, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";
import type { Row } from "./table.ts";

/** What each further one, and the largest stack, is meant to cost. */
export interface ScalingGoals {
  /** Milliseconds of a preview for each further one, over the whole range. */
  readonly each?: number;
  /** Most memory of the largest stack's preview, in MB. */
  readonly megabytes?: number;
}

/** What each further `unit` costs a preview that changes nothing. @param of a stack with so many of them */
export async function scaling(
  unit: string,
  sizes: readonly number[],
  goals: ScalingGoals,
  of: (size: number) => Promise<Project>,
): Promise<Row[]> {
  const points: Point[] = [];
  for (const size of sizes) {
    process.stderr.write(`• ${size} ${unit}s\n`);
    const stack = await of(size);
    await stack.run("up", "--yes", "--skip-preview");
    const costs: Cost[] = [];
    await rounds(`preview of ${size} ${unit}s`, ROUNDS, async () => {
      const one = await stack.run("preview", "--expect-no-changes");
      costs.push(one);
      return `${one.megabytes.toFixed(0)} MB`;
    });
    await stack.run("destroy", "--yes", "--skip-preview");
    points.push({ size, costs });
  }
  const { megabytes, each } = goals;
  const largest = points.at(-1);
  const rows = points.flatMap((point) => {
    const most = point === largest && megabytes !== undefined ? { megabytes } : {};
    return previewRows(`preview of ${point.size} ${unit}s without changes`, point.costs, most);
  });
  return [...rows, ...points.slice(1).map((point, index) => marginal(unit, points[index] ?? point, point)), ...whole(unit, points, each)];
}

interface Point {
  readonly size: number;
  readonly costs: readonly Cost[];
}

function whole(unit: string, points: readonly Point[], each: number | undefined): Row[] {
  const [first, last] = [points[0], points.at(-1)];
  if (each === undefined || first === undefined || last === undefined) return [];
  return [{ ...marginal(unit, first, last), goal: { value: { most: each } } }];
}

function marginal(unit: string, from: Point, to: Point): Row {
  const seconds = ({ costs }: Point) => median(costs.map((one) => one.seconds));
  const each = (1000 * (seconds(to) - seconds(from))) / (to.size - from.size);
  return { what: `each further ${unit}, ${from.size} to ${to.size}, ms`, own: [each] };
}
