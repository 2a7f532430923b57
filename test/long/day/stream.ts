import { z } from "zod";

import type { Question } from "../../support/traffic.ts";

/** What training writes beside a model: docs/metrics.md. */
const reference = z.object({
  features: z.array(z.object({ name: z.string(), edges: z.array(z.number()).min(1), shares: z.array(z.number()) })),
});
const place = z.object({ artifact_uri: z.string() });

type Feature = z.output<typeof reference>["features"][number];

/** A column that follows the clock is in no reference; any value will do. */
const OTHERS = { hour: 3 } as const;

/** The user of a registry. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Questions to a model that are distributed as those that it was trained on, until they shift. */
export class Stream {
  /** Whether every feature is larger than it used to be, in two of three questions. */
  isShifted = false;
  private readonly features: readonly Feature[];

  private constructor(features: readonly Feature[]) {
    this.features = features;
  }

  /** Of the reference that a registered version has. @param mlflow address of the registry */
  static async of(mlflow: string, { username, password }: Login, name: string, version: string): Promise<Stream> {
    const headers = { authorization: `Basic ${btoa(`${username}:${password}`)}` };
    const get = async (path: string) => {
      const answer = await fetch(`${mlflow}/api/2.0/${path}`, { headers });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    };
    const { artifact_uri } = place.parse(await get(`mlflow/model-versions/get-download-uri?${new URLSearchParams({ name, version })}`));
    const folder = new URL(artifact_uri).pathname.replace(/^\/+/, "");
    return new Stream(reference.parse(await get(`mlflow-artifacts/artifacts/${folder}/reference.json`)).features);
  }

  /** Asks one row. */
  question(url: string): Question {
    return (signal) => {
      const far = this.isShifted && Math.random() < 2 / 3;
      const values = this.features.map((feature) => [feature.name, far ? largest(feature) : drawn(feature)] as const);
      const row = { ...OTHERS, ...Object.fromEntries(values) };
      const body = JSON.stringify({ columns: Object.keys(row), rows: [Object.values(row)] });
      return fetch(`${url}/predict`, { method: "POST", headers: { "content-type": "application/json" }, body, signal });
    };
  }
}

/** A value as training had it: of a bin that is drawn by its share, somewhere within it. Bin 0 is "no value". */
function drawn({ edges, shares }: Feature): number {
  let draw = Math.random() * shares.slice(1).reduce((sum, share) => sum + share, 0);
  let bin = 1;
  while (bin < shares.length - 1 && draw >= (shares[bin] ?? 0)) draw -= shares[bin++] ?? 0;
  const [low, high] = [edges[bin - 2], edges[bin - 1]];
  if (low === undefined) return (high ?? 0) - 1e-3 * Math.max(1, Math.abs(high ?? 0));
  if (high === undefined) return low + 1e-3 * Math.max(1, Math.abs(low));
  return low + (high - low) / 2;
}

function largest({ edges }: Feature): number {
  const last = edges.at(-1) ?? 0;
  return last + Math.max(1, Math.abs(last));
}
