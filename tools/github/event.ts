import { readFileSync } from "node:fs";
import { z } from "zod";

import { Problem } from "../lib/problem.ts";
import type { GitHub } from "./client.ts";
import type { Place } from "./comment.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Repository = Pick<Place, "owner" | "repo">;

/** What a run is of: a pull request with the commit that was looked at, or none, and why. */
export type Subject = { readonly number: number; readonly commit: string } | { readonly none: string };

const pullRequest = z.object({ pull_request: z.object({ number: z.int().positive(), head: z.object({ sha: z.string() }) }) });
const workflowRun = z.object({
  workflow_run: z.object({
    event: z.string(),
    head_sha: z.string(),
    head_branch: z.string(),
    head_repository: z.object({ full_name: z.string(), owner: z.object({ login: z.string() }) }),
  }),
});

/** The repository that a command means. */
export function repositoryIn(text: string | undefined): Repository {
  const [, owner, repo] = /^([\w.-]+)\/([\w.-]+)$/.exec(text ?? "") ?? [];
  if (owner !== undefined && repo !== undefined) return { owner, repo };
  throw new Problem(`--repository, or GITHUB_REPOSITORY, must be OWNER/NAME, got "${text ?? ""}"`);
}

/**
 * Which pull request is meant, by the event that GitHub itself wrote: never by what a report says, which may be a stranger's. One that has
 * got a newer commit meanwhile is left to the run of that commit.
 *
 * @param given number on the command line, in the place of an event
 */
export async function subjectOf(github: GitHub, repository: Repository, given: number | undefined, env: Environment): Promise<Subject> {
  if (given !== undefined) return { number: given, commit: (await headOf(github, repository, given)).commit };
  const event = eventIn(env);
  const name = env["GITHUB_EVENT_NAME"] ?? "";
  if (name === "pull_request") {
    const { data } = pullRequest.safeParse(event);
    if (data === undefined) throw new Problem("GITHUB_EVENT_PATH holds no event of a pull request");
    const { number, head } = data.pull_request;
    return ofCommit(await headOf(github, repository, number), head.sha);
  }
  if (name !== "workflow_run") return { none: `the event is ${name === "" ? "none" : `"${name}"`}, and no --pull-request is named` };
  const { data } = workflowRun.safeParse(event);
  if (data === undefined) throw new Problem("GITHUB_EVENT_PATH holds no event of a workflow's run");
  const run = data.workflow_run;
  if (run.event !== "pull_request") return { none: `the run was started by "${run.event}", and by no pull request` };
  // Of a fork's run the event itself names no pull request.
  const all = await github.paginate("GET /repos/{owner}/{repo}/pulls", {
    ...repository,
    state: "open",
    head: `${run.head_repository.owner.login}:${run.head_branch}`,
    per_page: 100,
  });
  const found = all.find(({ head }) => head.sha === run.head_sha && head.repo?.full_name === run.head_repository.full_name);
  if (found === undefined) return { none: "no open pull request has the run's commit at its head any more" };
  return { number: found.number, commit: run.head_sha };
}

function ofCommit(head: { number: number; commit: string }, commit: string): Subject {
  return head.commit === commit ? head : { none: "the pull request has a newer commit, whose own run says more" };
}

async function headOf(github: GitHub, repository: Repository, number: number): Promise<{ number: number; commit: string }> {
  const { data } = await github.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", { ...repository, pull_number: number });
  return { number, commit: data.head.sha };
}

function eventIn(env: Environment): unknown {
  const path = env["GITHUB_EVENT_PATH"];
  if (path === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Problem("GITHUB_EVENT_PATH names no file with JSON");
  }
}
