import type { Kind } from "../report/schema.ts";
import type { GitHub } from "./client.ts";
import type { Place } from "./comment.ts";
import { statusOf } from "./refusal.ts";

/** Before the name of each label that is ours; others are left alone. */
const PREFIX = "mlstack: ";
/** For a report that some stack has none of. */
const INCOMPLETE = "no report";

/** Label for the worst of a report; none where there is no finding. */
export function labelFor(worst: Kind | null, failed: number): string | undefined {
  const word = failed > 0 && worst === null ? INCOMPLETE : worst;
  return word === null ? undefined : `${PREFIX}${word}`;
}

/** Has a pull request carry this label of ours, and no other of ours. */
export async function putLabel(github: GitHub, { owner, repo, number }: Place, label: string | undefined): Promise<void> {
  const path = { owner, repo, issue_number: number };
  const all = await github.paginate("GET /repos/{owner}/{repo}/issues/{issue_number}/labels", { ...path, per_page: 100 });
  const ours = all.map(({ name }) => name).filter((name) => name.startsWith(PREFIX));
  for (const name of ours.filter((one) => one !== label)) {
    try {
      await github.request("DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", { ...path, name });
    } catch (error) {
      // Another run was first.
      if (statusOf(error) !== 404) throw error;
    }
  }
  if (label === undefined || ours.includes(label)) return;
  await ensureLabel(github, { owner, repo }, label);
  await github.request("POST /repos/{owner}/{repo}/issues/{issue_number}/labels", { ...path, labels: [label] });
}

/** Where the repository has the label already, its colour and text stay. */
async function ensureLabel(github: GitHub, { owner, repo }: Pick<Place, "owner" | "repo">, name: string): Promise<void> {
  try {
    const description = "The worst that a deployment of this would do; docs/report.md says what it means";
    await github.request("POST /repos/{owner}/{repo}/labels", { owner, repo, name, color: "b60205", description });
  } catch (error) {
    if (statusOf(error) !== 422) throw error;
  }
}
