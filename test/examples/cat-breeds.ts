import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Example } from "../support/example.ts";
import { picture } from "../support/picture.ts";
import { freePort, until } from "../support/stack.ts";

/** The cat-breed classifier in its production variant, with the same words on every target. */
export function catBreeds(open: () => Promise<Example>): void {
  let example: Example;
  let url: string;
  let port: number;
  beforeAll(async () => {
    example = await open();
    port = await freePort();
  });
  afterAll(() => example.remove());

  /** The shipped settings on a small machine. */
  const configure = (reservedCpu: number, server: object = {}) =>
    example.configure({
      serving: { api: { publish: { port, anyPort: true }, server: { resources: { reservation: { cpu: reservedCpu } }, ...server } } },
    });
  const predict = async (image: Blob) => {
    const body = new FormData();
    body.set("image", image, "cat.png");
    const answer = await fetch(`${url}/api/v1/predict`, { method: "POST", body });
    return { status: answer.status, body: (await answer.json()) as { predictions: { score: number }[] } };
  };

  describe("the cat-breed classifier", () => {
    test("waits for its model and then predicts", async () => {
      await configure(0.1);
      const { code, text } = await example.stack.up();
      expect(code, text).toBe(0);
      url = await example.url("api");
      await until("the gateway answers", async () => (await fetch(`${url}/health`)).status === 200);
      const { status, body } = await predict(picture(64));
      expect({ status, classes: body.predictions.length }).toEqual({ status: 200, classes: 5 });
    });

    test("tells that something is not a picture", async () => {
      expect((await predict(new Blob(["not a picture"]))).status).toBe(422);
    });

    test("a second up changes nothing", async () => {
      const { code, text } = await example.stack.up("--expect-no-changes");
      expect(code, text).toBe(0);
    });

    test("keeps its log when it is renewed", async () => {
      const before = await example.ids("api");
      const log = await example.exec("api", ["cat", "/app/logs/api.log"]);
      await configure(0.2);
      expect((await example.stack.up()).code).toBe(0);
      if (example.target === "Kubernetes") expect(await example.ids("api")).not.toEqual(before);
      expect(await example.exec("api", ["cat", "/app/logs/api.log"])).toContain(log.trim().split("\n")[0]);
    });

    test("refuses a GPU that the target cannot give, before anything is changed", async () => {
      const before = await example.ids("api");
      await configure(0.2, { accelerator: { vendor: "nvidia", devices: ["0"] } });
      const { code, text } = await example.stack.up();
      expect(code).not.toBe(0);
      expect(text).toContain("accelerator");
      expect(await example.ids("api")).toEqual(before);
    });

    test("leaves its logs, which are marked to be kept", async () => {
      expect((await example.stack.destroy()).code).toBe(0);
      const left = await example.leftovers();
      expect(left.filter((name) => !/logs$|^Namespace\//.test(name))).toEqual([]);
      expect(left).toContainEqual(expect.stringMatching(/logs$/));
    });
  });
}
