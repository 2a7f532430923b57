import { z } from "zod";

/** An alert that is raised. */
export interface Raised {
  readonly alert: string;
  readonly part: string | undefined;
  readonly summary: string;
}

const answer = z.object({
  data: z.object({
    alerts: z.array(
      z.object({ state: z.string(), labels: z.record(z.string(), z.string()), annotations: z.record(z.string(), z.string()) }),
    ),
  }),
});

/** What is raised now. @param alerts address of what evaluates the rules */
export async function raisedAt(alerts: string): Promise<Raised[]> {
  const response = await fetch(`${alerts}/api/v1/alerts`, { signal: AbortSignal.timeout(5000) });
  return answer
    .parse(await response.json())
    .data.alerts.filter(({ state }) => state === "firing")
    .map(({ labels, annotations }) => ({
      alert: labels["alertname"] ?? "",
      part: labels["part"],
      summary: annotations["summary"] ?? "",
    }));
}
