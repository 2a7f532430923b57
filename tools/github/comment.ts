import type { GitHub } from "./client.ts";
import { statusOf } from "./refusal.ts";

/** A pull request. */
export interface Place {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
}

/** A comment as it is to be. */
export interface Comment {
  /** Its first line, which no reader sees and by which it is found again. */
  readonly marker: string;
  /** Its text within limits; asked again for a shorter one where GitHub refuses the first. */
  readonly render: (limits: Limits) => string;
  /** Login of who writes it: a comment of another user with the same marker is not ours. */
  readonly author: string;
}

interface Limits {
  readonly units: number;
  readonly bytes: number;
}

interface Found {
  readonly id: number;
  readonly body: string;
  readonly url: string;
}

/** GitHub's limit in characters, and what it has refused beyond in bytes. */
const WHOLE: Limits = { units: 65_536, bytes: 200_000 };
/** Where it refuses that too. */
const SHORT: Limits = { units: 16_000, bytes: 48_000 };

/**
 * Puts the one comment of a pull request as it is to be: edits it where there is one, and else makes it. Of two runs at once each may
 * make one: so each looks again, keeps the oldest, and removes what it finds besides.
 *
 * @returns where the comment is
 */
export async function putComment(github: GitHub, place: Place, comment: Comment): Promise<string> {
  const [oldest] = await ownComments(github, place, comment);
  const put = oldest === undefined ? await created(github, place, comment) : await edited(github, place, comment, oldest);
  const [kept = put, ...others] = await ownComments(github, place, comment);
  if (kept.id !== put.id) await edited(github, place, comment, kept);
  for (const { id } of others) await removed(github, place, id);
  return kept.url;
}

/** The comments with the marker, of the same author, the oldest first, of all pages. */
async function ownComments(github: GitHub, { owner, repo, number }: Place, { marker, author }: Comment): Promise<Found[]> {
  const all = await github.paginate("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", {
    owner,
    repo,
    issue_number: number,
    per_page: 100,
  });
  return all
    .filter(({ body, user }) => body?.startsWith(marker) === true && user?.login === author)
    .map(({ id, body = "", html_url: url }) => ({ id: Number(id), body, url }))
    .toSorted((one, other) => one.id - other.id);
}

async function created(github: GitHub, { owner, repo, number }: Place, comment: Comment): Promise<Found> {
  return written(comment, async (body) => {
    const path = { owner, repo, issue_number: number };
    const { data } = await github.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { ...path, body });
    return { id: Number(data.id), body, url: data.html_url };
  });
}

/** One that was removed meanwhile is made again. */
async function edited(github: GitHub, place: Place, comment: Comment, known: Found): Promise<Found> {
  if (known.body === bodyOf(comment, WHOLE)) return known;
  const { owner, repo } = place;
  try {
    return await written(comment, async (body) => {
      const path = { owner, repo, comment_id: known.id };
      await github.request("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", { ...path, body });
      return { ...known, body };
    });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    return created(github, place, comment);
  }
}

async function removed(github: GitHub, { owner, repo }: Place, id: number): Promise<void> {
  try {
    await github.request("DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}", { owner, repo, comment_id: id });
  } catch (error) {
    // Another run was first.
    if (statusOf(error) !== 404) throw error;
  }
}

/** Writes the text, or a short one where GitHub finds the whole too long. */
async function written(comment: Comment, write: (body: string) => Promise<Found>): Promise<Found> {
  const whole = bodyOf(comment, WHOLE);
  try {
    return await write(whole);
  } catch (error) {
    const short = bodyOf(comment, SHORT);
    if (statusOf(error) !== 422 || short === whole) throw error;
    return write(short);
  }
}

function bodyOf({ marker, render }: Comment, { units, bytes }: Limits): string {
  const head = `${marker}\n`;
  return head + render({ units: units - head.length, bytes: bytes - Buffer.byteLength(head) });
}
