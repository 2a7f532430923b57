import { type AlertSettings, alertMistakes, type Observed } from "../components/monitoring.ts";

/** What of a stack says which of its servers read features, and have numbers of it. */
interface Stack {
  readonly monitoring?: { readonly alerts: Pick<AlertSettings, "featureAge"> } | undefined;
  readonly features?: unknown;
  readonly serving: Readonly<
    Record<
      string,
      {
        readonly feast: boolean;
        readonly image?: unknown;
        readonly canary?: unknown;
        readonly shadow?: unknown;
        readonly server: { readonly metrics?: boolean | undefined };
      }
    >
  >;
}

/** Reports alerts about parts that the stack does not have. */
export function checkMonitoring(stack: Stack, wrong: (path: string[], message: string) => void): void {
  if (stack.monitoring === undefined) return;
  for (const { path, message } of alertMistakes(stack.monitoring.alerts, readersOf(stack)))
    wrong(["monitoring", "alerts", ...path.split(".")], message);
}

/** Names of the servers that read features, as components give them. */
export function readersOf({ features, serving }: Pick<Stack, "features" | "serving">): string[] {
  const ofFeast = Object.entries(serving).flatMap(([name, { feast, image, canary, shadow, server }]) => {
    if (!feast || !(server.metrics ?? hasMetrics(image))) return [];
    return [name, ...(canary === undefined ? [] : [`${name}-canary`]), ...(shadow === undefined ? [] : [`${name}-shadow`])];
  });
  return [...(features === undefined ? [] : ["api"]), ...ofFeast];
}

/** Whether a server has numbers where its settings do not say so: those of `workloads/` have. */
export function hasMetrics(image: unknown): boolean {
  return typeof image !== "string";
}

/** Settings of monitoring for what is there: a server whose model is not registered yet comes with a later deployment. */
export function alertsFor<S extends { readonly alerts: Pick<AlertSettings, "featureAge"> }>(settings: S, observed: readonly Observed[]): S {
  const names = observed.map(({ target }) => target.name);
  const featureAge = Object.fromEntries(Object.entries(settings.alerts.featureAge).filter(([name]) => names.includes(name)));
  return { ...settings, alerts: { ...settings.alerts, featureAge } };
}
