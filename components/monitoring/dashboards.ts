import type { Observed } from "./observed.ts";
import type { Page, Row } from "./page.ts";
import { gatewayRow } from "./pages-gateway.ts";
import { deployments, hostPage, monitoringPage, overviewPage } from "./pages-house.ts";
import { featuresRow, modelRow, serverRow } from "./pages-serving.ts";
import { probedRow, redisRow, stepRow, trainingRow } from "./pages-work.ts";
import type { Scope } from "./query.ts";

/** What pages follow from. */
export interface Shown {
  readonly parts: readonly Observed[];
  /** Labels of the stack's series where other stacks' are stored too. */
  readonly scope: Scope;
  readonly host: boolean;
  /** Whether the stack's own stores and alerts are looked at; with `receivers`, what notifies people too. */
  readonly own: false | { readonly receivers: boolean };
}

/** The pages of a stack: an overview, and one for each kind of part that it has, with a row for each part. */
export function pagesOf({ parts, scope, host, own }: Shown): Page[] {
  const rows = (rowOf: (part: Observed) => Row | undefined) => parts.flatMap((part) => rowOf(part) ?? []);
  const page = (id: string, title: string, rowOf: (part: Observed) => Row | undefined): Page[] => {
    const found = rows(rowOf);
    return found.length === 0 ? [] : [{ id, title, rows: [...found, deployments(scope)] }];
  };
  return [
    overviewPage(parts, scope),
    ...page("servers", "Servers", (part) => (part.kind === "server" ? serverRow(part, scope) : undefined)),
    ...page("models", "Models", (part) => (part.kind === "server" ? modelRow(part, scope) : undefined)),
    ...page("features", "Features", (part) => (part.kind === "server" ? featuresRow(part, scope) : undefined)),
    ...page("gateways", "Gateways", (part) => (part.kind === "gateway" ? gatewayRow(part, scope) : undefined)),
    ...page("training", "Training", (part) => (part.kind === "ranks" ? trainingRow(part, scope) : undefined)),
    ...page("pipeline", "Pipeline", (part) => (part.kind === "step" ? stepRow(part, scope) : undefined)),
    ...page("redis", "Redis", (part) => (part.kind === "redis" ? redisRow(part, scope) : undefined)),
    ...page("others", "Further parts", (part) =>
      part.kind === "answers" || part.kind === "postgres" ? probedRow(part, scope) : undefined,
    ),
    ...(host ? [hostPage(scope)] : []),
    ...(own === false ? [] : [monitoringPage(scope, own.receivers)]),
  ];
}
