import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";

import { Cluster } from "../../components/kubernetes/cluster.ts";
import { News, objectAt } from "../../components/kubernetes/news.ts";
import { FakeApi } from "../support/fake-api.ts";
import { addressOf, close, listen } from "../support/loopback.ts";

/** Longer than a test may take: what comes earlier came by news. */
const NEVER = 3_600_000;
const PATH = "/apis/batch/v1/namespaces/shop/jobs/load";

const api = new FakeApi();
let answer: RequestListener;
const server = createServer((request, response) => answer(request, response));
let news: News;
beforeAll(() => Promise.all([api.start(), listen(server)]));
afterAll(() => Promise.all([api.stop(), close(server)]));
beforeEach(() => {
  vi.stubEnv("KUBECONFIG", api.kubeconfig(`http://${addressOf(server)}`));
  news = new News(new Cluster(undefined), objectAt(PATH));
});
afterEach(() => {
  news.end();
  vi.unstubAllEnvs();
});

/** Begins to watch; resolves to what the server was asked for, and its answer, which stays open. */
function watched(): Promise<{ url: string | undefined; changes: ServerResponse; waits: Promise<void> }> {
  return new Promise((resolve) => {
    answer = ({ url }, changes) => resolve({ url, changes, waits });
    const waits = news.within(NEVER);
  });
}

test("a change of the object ends a pause, and another change the next one", async () => {
  const { url, changes, waits } = await watched();
  expect(url).toBe("/apis/batch/v1/namespaces/shop/jobs?watch=true&fieldSelector=metadata.name%3Dload");
  changes.write('{"type":"ADDED"}\n');
  await waits;
  const next = news.within(NEVER);
  changes.write('{"type":"MODIFIED"}\n');
  await next;
});

test("a change that came between two pauses is not lost", async () => {
  const { changes, waits } = await watched();
  changes.write('{"type":"ADDED"}\n');
  await waits;
  changes.write('{"type":"MODIFIED"}\n');
  await expect.poll(() => Reflect.get(news, "isFresh")).toBe(true);
  await news.within(NEVER);
});

test("who may not watch waits for as long as without, and is refused once", async () => {
  let refused = 0;
  answer = (_, response) => {
    refused += 1;
    response.writeHead(403).end("{}");
  };
  for (const _ of [1, 2]) await news.within(40);
  expect(refused).toBe(1);
});

test("the connection ends with the wait, also where the server has not answered yet", async () => {
  const { changes } = await watched();
  const closed = new Promise((resolve) => changes.once("close", resolve));
  news.end();
  await closed;
});
