import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { comment } from "../../tools/commands/comment.ts";
import type { Report } from "../../tools/report/schema.ts";
import { SHOWN } from "../approval/worlds.ts";
import { AT_ONCE, FakeGitHub } from "../support/fake-github.ts";

const MARKER = "<!-- mlstack report -->";
const HEAD = "a".repeat(40);
const PACE = { second: 1, queues: AT_ONCE };

let github: FakeGitHub;
let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-comment-"));
  github = await FakeGitHub.start();
  github.pulls = [{ number: 7, head: { sha: HEAD, ref: "more", repo: { full_name: "acme/shop" } } }];
  env = {
    GITHUB_ACTIONS: "true",
    GITHUB_TOKEN: "token",
    GITHUB_REPOSITORY: "acme/shop",
    GITHUB_API_URL: github.url,
    GITHUB_EVENT_NAME: "pull_request",
    GITHUB_EVENT_PATH: written("event.json", { pull_request: { number: 7, head: { sha: HEAD } } }),
    GITHUB_STEP_SUMMARY: join(folder, "summary.md"),
  };
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});

function written(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

const LOST: Report = {
  ...SHOWN,
  verdict: "shop/prod: data-loss: the data of redis are deleted",
  worst: "data-loss",
  findings: [
    { kind: "data-loss", subject: "features/redis", sentence: "the data of redis are deleted", causes: [], before: null, after: null },
  ],
};

function run(report: unknown = LOST, options = {}): Promise<number> {
  return comment(written("report.json", report), options, env, PACE);
}

/** What was printed. */
function said(): string {
  return vi
    .mocked(process.stdout.write)
    .mock.calls.map(([text]) => String(text))
    .join("");
}

const ours = () => github.comments.filter(({ body }) => body.startsWith(MARKER));

describe("the comment of a pull request", () => {
  test("is made, with the report, the commit, a label of the worst, and the summary of the step", async () => {
    expect(await run()).toBe(0);
    expect(ours()).toHaveLength(1);
    expect(ours()[0]?.body).toContain("the data of redis are deleted");
    expect(ours()[0]?.body).toContain(`For commit ${HEAD}.`);
    expect(github.labels).toEqual(["mlstack: data-loss"]);
    expect(readFileSync(join(folder, "summary.md"), "utf8")).toContain("the data of redis are deleted");
    expect(said()).toMatch(/^commented at https:\/\/github\.com\/acme\/shop\/pull\/7#issuecomment-\d+\n$/);
  });

  test("is found again among three hundred, and edited in its place", async () => {
    for (let at = 0; at < 150; at++) github.write(`remark ${at}`, "kim");
    const first = github.write(`${MARKER}\nof an older commit`);
    for (let at = 150; at < 300; at++) github.write(`remark ${at}`, "kim");
    await run();
    expect(github.comments).toHaveLength(301);
    expect(ours().map(({ id }) => id)).toEqual([first.id]);
    expect(first.body).toContain("the data of redis are deleted");
    expect(github.asked.filter((call) => call.startsWith("POST") && call.endsWith("comments"))).toEqual([]);
  });

  test("stays as it is where it says the same already", async () => {
    await run();
    const before = github.asked.length;
    await run();
    expect(github.asked.slice(before).filter((call) => !call.startsWith("GET"))).toEqual([]);
  });

  test("is one where two runs make one each at the same time: the oldest stays", async () => {
    // The other run makes its own between this run's look and this run's comment.
    github.before.push({ call: /^POST .*issues\/7\/comments$/, work: () => void github.write(`${MARKER}\nof the other run`) });
    await run();
    expect(ours()).toHaveLength(1);
    expect(ours()[0]?.body).toContain("the data of redis are deleted");
    expect(ours()[0]?.id).toBe(1001);
  });

  test("is one where two runs go on side by side to their ends", async () => {
    await Promise.all([run(), run(), run()]);
    expect(ours()).toHaveLength(1);
    expect(github.labels.filter((name) => name === "mlstack: data-loss").length).toBeGreaterThanOrEqual(1);
  });

  test("is never another user's, who has copied the marker", async () => {
    const foreign = github.write(`${MARKER}\nall is well`, "mallory");
    await run();
    expect(foreign.body).toBe(`${MARKER}\nall is well`);
    expect(ours().filter(({ user }) => user.login === "github-actions[bot]")).toHaveLength(1);
  });

  test("is made again where it was removed meanwhile", async () => {
    const first = github.write(`${MARKER}\nof an older commit`);
    const work = () => {
      github.comments = github.comments.filter((one) => one !== first);
    };
    github.before.push({ call: /^PATCH /, work });
    await run();
    expect(ours()).toHaveLength(1);
    expect(ours()[0]?.id).not.toBe(first.id);
  });

  test("of a token of a user is that user's", async () => {
    github.login = "kim";
    delete env["GITHUB_ACTIONS"];
    await run();
    await run();
    expect(ours().map(({ user }) => user.login)).toEqual(["kim"]);
  });
});

describe("GitHub's limits", () => {
  const large: Report = {
    ...LOST,
    components: [
      {
        section: "features",
        parts: Array.from({ length: 3000 }, (_, at) => ({
          name: `part-${at}`,
          noun: "service",
          effect: "replaced" as const,
          text: "made again 🚀".repeat(10),
          causes: [],
        })),
      },
    ],
  };

  test("a body of any size fits exactly, with every danger", async () => {
    await run(large);
    const body = ours()[0]?.body ?? "";
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body.length).toBeGreaterThan(50_000);
    expect(body).toContain("the data of redis are deleted");
    expect(body).toMatch(/For commit a{40}\.\n$/);
  });

  test("where it takes less than it says, a short comment is written", async () => {
    github.longest = 20_000;
    await run(large);
    expect(ours()[0]?.body).toContain("the data of redis are deleted");
    expect(ours()[0]?.body.length).toBeLessThanOrEqual(20_000);
  });

  test("a 422 for another reason is said", async () => {
    github.longest = 10;
    await expect(run(large)).rejects.toThrow(/^GitHub: pull request of acme\/shop: .*Body is too long.* \(422\); it takes the text/);
  });

  test.each([
    ["502", { status: 502, body: { message: "Bad Gateway" } }],
    [
      "429 with the seconds to wait",
      { status: 429, headers: { "retry-after": "2" }, body: { message: "You have exceeded a secondary rate limit" } },
    ],
    [
      "403 of too many calls",
      { status: 403, headers: { "retry-after": "1" }, body: { message: "You have exceeded a secondary rate limit" } },
    ],
    [
      "403 of the hour's calls",
      {
        status: 403,
        headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Math.floor(Date.now() / 1000)) },
        body: { message: "API rate limit exceeded" },
      },
    ],
  ])("a %s is asked again", async (_what, answer) => {
    github.instead.push({ call: /^GET .*comments$/, answer }, { call: /^POST .*issues\/7\/comments$/, answer });
    expect(await run()).toBe(0);
    expect(ours()).toHaveLength(1);
  });

  test("a 502 for a comment that was made all the same leaves one", async () => {
    const answer = { status: 502, body: { message: "Bad Gateway" } };
    github.instead.push({ call: /^POST .*issues\/7\/comments$/, answer, alsoDoes: true });
    await run();
    expect(ours()).toHaveLength(1);
  });

  test("a token without the right is said with the line that gives it", async () => {
    github.instead.push({
      call: /^POST .*comments$/,
      answer: { status: 403, body: { message: "Resource not accessible by integration" } },
    });
    await expect(run()).rejects.toThrow(/Resource not accessible by integration \(403\); GITHUB_TOKEN may not: give the job `permissions/);
  });
});

describe("which pull request", () => {
  const fork = { number: 7, head: { sha: HEAD, ref: "more", repo: { full_name: "mallory/shop" } } };
  const ofRun = (more: object = {}) =>
    written("event.json", {
      workflow_run: {
        event: "pull_request",
        head_sha: HEAD,
        head_branch: "more",
        head_repository: { full_name: "mallory/shop", owner: { login: "mallory" } },
        pull_requests: [],
        ...more,
      },
    });

  beforeEach(() => {
    env["GITHUB_EVENT_NAME"] = "workflow_run";
    github.pulls = [fork];
  });

  test("of a fork's run is found by its branch and commit", async () => {
    env["GITHUB_EVENT_PATH"] = ofRun();
    await run();
    expect(ours()).toHaveLength(1);
  });

  test.each([
    ["a newer commit", { head_sha: "b".repeat(40) }],
    ["another branch", { head_branch: "main" }],
    ["another repository of the same owner", { head_repository: { full_name: "mallory/other", owner: { login: "mallory" } } }],
    ["a run that no pull request started", { event: "push" }],
  ])("is none for %s: nothing is written, and it is no error", async (_what, more) => {
    env["GITHUB_EVENT_PATH"] = ofRun(more);
    expect(await run()).toBe(0);
    expect(github.comments).toEqual([]);
    expect(said()).toMatch(/^no comment: /);
  });

  test("is none where the pull request has got a newer commit", async () => {
    env["GITHUB_EVENT_NAME"] = "pull_request";
    env["GITHUB_EVENT_PATH"] = written("event.json", { pull_request: { number: 7, head: { sha: "c".repeat(40) } } });
    await run();
    expect(github.comments).toEqual([]);
    expect(said()).toMatch(/a newer commit/);
  });

  test("is that of the command line, from anywhere", async () => {
    env["GITHUB_EVENT_NAME"] = "";
    await run(LOST, { pullRequest: "7" });
    expect(ours()).toHaveLength(1);
  });

  test("is none for a push: only the summary is written, without a token", async () => {
    env["GITHUB_EVENT_NAME"] = "push";
    delete env["GITHUB_TOKEN"];
    expect(await run()).toBe(0);
    expect(readFileSync(join(folder, "summary.md"), "utf8")).toContain("the data of redis are deleted");
    expect(github.asked).toEqual([]);
  });
});

describe("labels", () => {
  test("are changed to the worst of now; those of others stay", async () => {
    github.labels = ["bug", "mlstack: downtime"];
    github.known = ["mlstack: data-loss"];
    await run();
    expect(github.labels).toEqual(["bug", "mlstack: data-loss"]);
  });

  test("are none where no danger was found", async () => {
    github.labels = ["mlstack: downtime"];
    await run(SHOWN);
    expect(github.labels).toEqual([]);
  });
});

describe("a stranger's report", () => {
  test.each([
    ["that is none", { hello: "world" }],
    ["with a field that no report has", { ...SHOWN, pullRequest: 1 }],
    ["of which a field is something else", { ...SHOWN, findings: "none" }],
  ])("%s is refused before anything is asked", async (_what, report) => {
    await expect(run(report)).rejects.toThrow(/is no report of this release/);
    expect(github.asked).toEqual([]);
  });

  test("has no line in the message that a workflow would take for a command", async () => {
    const hostile = { ...SHOWN, "\n::add-mask::x\n##[group]": 1 };
    const { message } = await run(hostile).then(
      () => ({ message: "" }),
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    expect(message).toMatch(/is no report/);
    expect(message).not.toMatch(/::|##\[/);
  });

  test("mentions nobody, links nowhere, and opens or closes nothing", async () => {
    const hostile = "</details> @everyone [x](https://evil.example) ```\n<!-- mlstack report -->\n# head";
    await run({ ...LOST, verdict: hostile, findings: [{ ...LOST.findings[0], sentence: hostile }] });
    const [, ...body] = (ours()[0]?.body ?? "").split("\n");
    expect(body.join("\n")).not.toMatch(/@everyone|\]\(|https?:|```|<!--|^# /m);
  });
});
