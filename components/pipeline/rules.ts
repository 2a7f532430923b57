import * as w from "../workload/index.ts";
import { circles, neededBy, type Steps } from "./order.ts";
import { isAddress, MLFLOW } from "./step.ts";

/** What the rules are about. */
interface Given {
  readonly steps: Steps;
  readonly only?: readonly string[] | undefined;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly database: "sqlite" | "postgres";
  readonly data: { readonly access: "one-node" | "many-nodes" };
}

type Wrong = (path: (string | number)[], message: string) => void;

/** Reports what is wrong with the steps of a pipeline together: names, order, circles, and a part that needs one which is off. */
export function checkSteps(given: Given, wrong: Wrong): void {
  const { steps, only, volumes, database, data } = given;
  for (const [name, { after, mounts, env, ...step }] of Object.entries(steps)) {
    const at = ["steps", name];
    if (name === MLFLOW) wrong(at, "is the name of the stack's tracking server; choose another one");
    for (const [index, other] of after.entries()) {
      if (other === MLFLOW) wrong([...at, "after", index], `is no step; say mlflow: true, which starts "${name}" after it`);
      else if (!(other in steps)) wrong([...at, "after", index], noPart("step", other, Object.keys(steps)));
    }
    for (const volume of Object.keys(mounts).filter((one) => !(one in volumes)))
      wrong([...at, "mounts", volume], noPart("volume", volume, Object.keys(volumes)));
    if (step.kind !== "page") continue;
    for (const [variable, link] of Object.entries(step.links)) {
      if (variable in env) wrong([...at, "links", variable], "is in env too; remove one of them");
      checkLink([...at, "links", variable], link, steps, wrong);
    }
  }
  for (const circle of circles(steps)) {
    const links = circle.map((name, index) => `"${name}" waits for "${circle[(index + 1) % circle.length]}"`);
    wrong(["steps", circle[0] ?? "", "after"], `${listed(links)}: a circle, in which no step can start; take one of these away`);
  }
  if (only !== undefined) checkOnly(steps, only, wrong);
  if (database === "sqlite" && data.access === "many-nodes")
    wrong(["database"], "sqlite cannot be on a volume that several nodes share (data.access: many-nodes); set database: postgres");
}

function checkLink(path: (string | number)[], link: string, steps: Steps, wrong: Wrong): void {
  if (isAddress(link) || link === MLFLOW) return;
  const target = steps[link];
  const pages = Object.entries(steps).flatMap(([name, { kind }]) => (kind === "page" ? [name] : []));
  if (target?.kind !== "page")
    wrong(path, `${noPart("page", link, [...pages, MLFLOW])}; or give an address such as https://app.example.org`);
  else if (target.publish === undefined)
    wrong(path, `"${link}" is not published, so that no browser reaches it; set steps.${link}.publish`);
}

function checkOnly(steps: Steps, only: readonly string[], wrong: Wrong): void {
  for (const [index, name] of only.entries())
    if (name !== MLFLOW && !(name in steps)) wrong(["only", index], noPart("part", name, [...Object.keys(steps), MLFLOW]));
  for (const name of only) {
    const off = neededBy(steps, name).filter((other) => !only.includes(other));
    if (off.length === 0) continue;
    const them = off.length === 1 ? "which is off; add it" : "which are off; add them";
    wrong(["only"], `"${name}" needs ${listed(off.map((other) => `"${other}"`))}, ${them}, or leave "${name}" out`);
  }
}

function noPart(kind: string, name: string, known: readonly string[]): string {
  const suggestion = w.nearest(name, known);
  const remedy = suggestion === undefined ? `known are ${known.join(", ") || "none"}` : `did you mean "${suggestion}"?`;
  return `there is no ${kind} "${name}"; ${remedy}`;
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
