import { Problem } from "../lib/problem.ts";

/** The HTTP status that GitHub refused a call with. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "status" in error ? Number(error.status) : undefined;
}

/** What a refusal of GitHub means for who has set the command up; other errors as they are. */
export function refusalFrom(error: unknown, what: string): unknown {
  const status = statusOf(error);
  if (!(error instanceof Error) || status === undefined) return error;
  const said = error.message.split(/\r?\n/)[0] ?? "";
  return new Problem(`GitHub: ${what}: ${said} (${status}); ${remedyFor(status, said)}`);
}

function remedyFor(status: number, said: string): string {
  if (status === 401) return "GITHUB_TOKEN is none that it knows, or has expired: give it another";
  if (/rate limit/i.test(said) || status === 429) return "it takes no more calls for now: run the command again later";
  if (status === 403) return "GITHUB_TOKEN may not: give the job `permissions: pull-requests: write`";
  if (status === 404) return "the repository or pull request does not exist, or GITHUB_TOKEN may not read it";
  if (status === 422) return "it takes the text or label in no form, also not in a short one";
  if (status >= 500) return "it has an error of its own and was asked several times: run the command again later";
  return "the message says why";
}
