import { appendFileSync } from "node:fs";

import { reportsIn } from "../approval/approved.ts";
import { connect, type GitHub, type Pace } from "../github/client.ts";
import { type Place, putComment } from "../github/comment.ts";
import { repositoryIn, subjectOf } from "../github/event.ts";
import { labelFor, putLabel } from "../github/labels.ts";
import { refusalFrom } from "../github/refusal.ts";
import { Problem } from "../lib/problem.ts";
import type { Result } from "../report/fleet.ts";
import { fleetMarkdown, fleetText } from "../report/fleet-text.ts";
import { markdownFor } from "../report/markdown.ts";

/** What a command line says of a comment. */
export interface CommentOptions {
  /** Number of the pull request; default: the one of the event. */
  readonly pullRequest?: string;
  /** `OWNER/NAME`; default: GITHUB_REPOSITORY. */
  readonly repository?: string;
  /** Login of who writes; default: the workflow's own, or the token's user. */
  readonly author?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** By which the comment is found again. */
const MARKER = "<!-- mlstack report -->";
/** Who writes with the token of a workflow. */
const WORKFLOW = "github-actions[bot]";
/** Largest text of a step's summary. GitHub takes 1024 KiB. */
const SUMMARY = { units: 500_000, bytes: 1_000_000 } as const;

/**
 * Shows a report where people decide: in the summary of a workflow's step, and as the one comment of its pull request with a label of
 * the worst. The report may be a stranger's: it is read as data, in a form that is checked, and says nothing of where it goes.
 *
 * @param pace how long is waited between calls
 */
export async function comment(path: string, options: CommentOptions, env: Environment = process.env, pace?: Pace): Promise<number> {
  const { reports, failed } = reportsIn(path);
  const results: Result[] = [
    ...reports.map((report) => ({ stack: { folder: "", project: report.project, name: report.stack }, report })),
    ...failed.map(({ project, stack, message }) => ({ stack: { folder: "", project, name: stack }, message })),
  ];
  const fleet = fleetText(results);
  const [only] = reports;
  const render = (limits: { readonly units: number; readonly bytes: number }) =>
    only !== undefined && results.length === 1 ? markdownFor(only, limits) : fleetMarkdown(fleet, limits);
  const { GITHUB_STEP_SUMMARY: summary, GITHUB_TOKEN: token } = env;
  if (summary !== undefined && summary !== "") appendFileSync(summary, render(SUMMARY));

  const isOfNone = options.pullRequest === undefined && !["pull_request", "workflow_run"].includes(env["GITHUB_EVENT_NAME"] ?? "");
  if (isOfNone && summary !== undefined) return say("shown in the summary of this step; there is no pull request for a comment");
  if (token === undefined || token === "") throw new Problem("GITHUB_TOKEN is not set; it needs the right to write to pull requests");
  const repository = repositoryIn(options.repository ?? env["GITHUB_REPOSITORY"]);
  const github = connect({ token, url: env["GITHUB_API_URL"] ?? "https://api.github.com" }, pace);
  try {
    const subject = await subjectOf(github, repository, numberIn(options.pullRequest), env);
    if ("none" in subject) return say(`no comment: ${subject.none}`);
    const place: Place = { ...repository, number: subject.number };
    const author = options.author ?? (await writerOf(github, env));
    const text = (limits: { readonly units: number; readonly bytes: number }) => withCommit(render, subject.commit, limits);
    const url = await putComment(github, place, { marker: MARKER, render: text, author });
    await putLabel(github, place, labelFor(fleet.report.worst, failed.length));
    return say(`commented at ${url}`);
  } catch (error) {
    throw refusalFrom(error, `pull request of ${repository.owner}/${repository.repo}`);
  }
}

/** The text with the commit that it is of. */
function withCommit(render: (limits: Limits) => string, commit: string, { units, bytes }: Limits): string {
  const line = `\nFor commit ${/^[0-9a-f]{40}$/.test(commit) ? commit : "unknown"}.\n`;
  return render({ units: units - line.length, bytes: bytes - line.length }) + line;
}

interface Limits {
  readonly units: number;
  readonly bytes: number;
}

async function writerOf(github: GitHub, env: Environment): Promise<string> {
  // The token of a workflow is no user's, and may not ask whose it is.
  if (env["GITHUB_ACTIONS"] === "true") return WORKFLOW;
  const { data } = await github.request("GET /user");
  return data.login;
}

function numberIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new Problem(`--pull-request must be a number, got "${text}"`);
}

function say(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}
