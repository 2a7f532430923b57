import type { LiveWorkload, Operations } from "../../components/workload/operations.ts";

/** Replicas of one workload that are asked for their metrics: of a thousand ranks the first few say enough. */
const MOST = 16;

const GATEWAY = "mlstack:index:Gateway";

/** A model that a replica answers with. */
export interface Model {
  readonly name: string;
  readonly version: string;
  /** Empty where the version was named by number. */
  readonly alias: string;
}

/** What the replicas of a workload say of themselves. */
export interface Measures {
  /** Each model once, whichever replicas have it. */
  readonly models: readonly Model[];
  /** Last epoch that each rank has finished, by rank. */
  readonly epochs: ReadonlyMap<string, number>;
  /** Ranks that wait for others. */
  readonly waiting: ReadonlySet<string>;
  /** When the last checkpoint was written, in milliseconds since 1970. */
  readonly checkpoint: number | undefined;
}

/** What is read of the metrics of those of a workload's replicas that run and answer in time. */
export async function measuresOf(operations: Pick<Operations, "metrics">, { within, replicas }: LiveWorkload): Promise<Measures> {
  // HAProxy has hundreds of numbers, and none of these.
  const asked = (within.includes(GATEWAY) ? [] : replicas)
    .filter(({ since, metricsPort }) => since !== undefined && metricsPort !== undefined)
    .slice(0, MOST);
  const texts = await Promise.all(asked.map((replica) => operations.metrics(replica)));
  return measuresIn(texts.flatMap((text) => text ?? []));
}

/** The same of their texts. */
export function measuresIn(texts: readonly string[]): Measures {
  const lines = texts.flatMap((text) => text.split("\n").flatMap((line) => seriesIn(line.replace(/\r$/, "")) ?? []));
  const of = (name: RegExp) => lines.filter((line) => name.test(line.name));
  const models = of(/_model_info$/).map(({ labels: { name = "", version = "", alias = "" } }) => ({ name, version, alias }));
  const checkpoints = of(/_training_checkpoint_timestamp_seconds$/).map(({ value }) => value * 1000);
  return {
    models: [...new Map(models.map((model) => [JSON.stringify(model), model])).values()],
    epochs: new Map(of(/_training_epoch$/).map(({ labels: { rank = "" }, value }) => [rank, value])),
    waiting: new Set(of(/_training_together$/).flatMap(({ labels: { rank = "" }, value }) => (value === 0 ? [rank] : []))),
    checkpoint: checkpoints.length === 0 ? undefined : Math.max(...checkpoints),
  };
}

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function seriesIn(line: string): Series | undefined {
  const [, name, labels = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
  if (name === undefined) return undefined;
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, key = "", text = ""]) => [key, text.replaceAll(/\\(.)/g, "$1")] as const,
  );
  return { name, labels: Object.fromEntries(pairs), value: Number(value) };
}
