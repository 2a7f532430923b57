import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { report } from "../../tools/report/schema.ts";
import { type Example, NODE } from "../support/example.ts";
import { mlstack } from "../support/mlstack.ts";
import { freePort, until } from "../support/stack.ts";
import { startTask } from "../support/task-run.ts";
import { type Question, underTraffic } from "../support/traffic.ts";

const COLUMNS = {
  amount: 4200,
  hour: 3,
  account_age_days: 2,
  payments_last_day: 14,
  distance_km: 900,
  new_device: 1,
  foreign_merchant: 1,
  failed_logins: 4,
  merchant_risk: 0.9,
  share_of_balance: 0.95,
};
/** A time at which some of the newest features of an account were not known yet. */
const PAST = "2024-01-06T00:00:00Z";
const PASSWORD = "a password for tests";
const ANOTHER = "another password for tests";
/** The user of the serving image. */
const SERVER = { uid: 1000, gid: 1000 };

/** What a test changes of the shipped settings. */
interface Changes {
  readonly model?: string;
  readonly password?: string;
  readonly feast?: object;
}

const QUESTION = JSON.stringify({ columns: Object.keys(COLUMNS), rows: [Object.values(COLUMNS)] });

/** Training, registry and serving, with the same words on every target: each test goes on from the one before. */
export function modelServing(open: () => Promise<Example>): void {
  let example: Example;
  let url: string;
  const ports = { mlflow: 0, api: 0, feast: 0 };
  beforeAll(async () => {
    example = await open();
    Object.assign(ports, { mlflow: await freePort(), api: await freePort(), feast: await freePort() });
  });
  afterAll(() => example.remove());

  /** The shipped settings with these: which version is served, with which password of MLflow, and what else. */
  const configure = ({ model = "fraud@production", password = PASSWORD, feast }: Changes = {}) =>
    example.configure(
      {
        tracking: { publish: { port: ports.mlflow }, ...(example.target === "Kubernetes" ? { hostNames: [NODE] } : {}) },
        serving: {
          api: { model, publish: { port: ports.api, anyPort: true } },
          ...(feast === undefined
            ? {}
            : { "api-feast": { model, feast: true, server: { user: SERVER }, publish: { port: ports.feast, anyPort: true } } }),
        },
        ...(feast === undefined ? {} : { feast }),
      },
      { "tracking.admin.password": password },
    );
  const good = async (...args: string[]) => {
    const { code, text } = await example.stack.up(...args);
    expect(code, text).toBe(0);
    return text;
  };
  const post = (to: string, body: string, signal?: AbortSignal) =>
    fetch(to, { method: "POST", headers: { "content-type": "application/json" }, body, ...(signal === undefined ? {} : { signal }) });
  const ask: Question = (signal) => post(`${url}/predict`, QUESTION, signal);
  const predict = async (body = QUESTION) => {
    const answer = await post(`${url}/predict`, body);
    return { status: answer.status, body: (await answer.json()) as { version: string; predictions: number[] } };
  };
  const served = async () => (await predict()).body.version;
  // A replica that is leaving still answers for some seconds after the deployment.
  const onlyServes = (version: string) =>
    until(`only version ${version} answers`, async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, served));
      return answers.every((answer) => answer === version);
    });
  const run = async (...words: string[]) => {
    const { code, output, said } = await startTask(example.stack, words).ended;
    return { code, text: `${output}${said}` };
  };

  describe("a new stack", () => {
    test("has a registry, serves nothing yet, and says so", async () => {
      await configure();
      const text = await good();
      expect(text).toContain(
        "model fraud@production: not served yet, since no deployment of this stack has published a model registry yet",
      );
      expect(await example.ids("mlflow")).toHaveLength(1);
      expect(await example.ids("api")).toEqual([]);
    });

    test("trains on demand and registers a version under the alias", async () => {
      const { code, text } = await run("train");
      expect(code, text).toBe(0);
      expect(text).toMatch(/registered fraud version 1 .*production/);
      expect((await run("evaluate")).code).toBe(0);
    });

    test("serves that version with the next deployment", async () => {
      const preview = await example.stack.preview();
      expect(preview.text).toContain("model fraud@production: version 1");
      await good();
      url = await example.url("api");
      await until("the gateway answers", async () => (await fetch(`${url}/health`)).status === 200);
      expect(await predict()).toMatchObject({ status: 200, body: { model: "fraud", version: "1", predictions: [expect.any(Number)] } });
    });

    test("runs the server as user 1000 and lets it write nowhere", async () => {
      expect((await example.exec("api", ["id", "-u"])).replace(/\D/g, "")).toContain("1000");
    });
  });

  test("a second up changes nothing", async () => {
    await good("--expect-no-changes");
  });

  test("tells what is wrong with a question", async () => {
    expect((await predict(JSON.stringify({ columns: ["amount"], rows: [[1]] }))).status).toBe(422);
  });

  test("answers the same question as the values of each column", async () => {
    const data = Object.fromEntries(Object.entries(COLUMNS).map(([name, value]) => [name, [value, value]]));
    const [{ body: one }, { body: two }] = [await predict(), await predict(JSON.stringify({ data }))];
    expect(two.predictions).toEqual([one.predictions[0], one.predictions[0]]);
  });

  describe("another version", () => {
    const approved = () => join(example.stack.home, "approved.json");
    /** As somebody does in MLflow. */
    const moveAlias = async (version: string) => {
      const answer = await fetch(`${await example.url("mlflow")}/api/2.0/mlflow/registered-models/alias`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Basic ${btoa(`admin:${PASSWORD}`)}` },
        body: JSON.stringify({ name: "fraud", alias: "production", version }),
      });
      expect(answer.status).toBe(200);
    };

    test("is announced", async () => {
      expect((await run("train")).code).toBe(0);
      expect(await served()).toBe("1");
      expect((await example.stack.preview()).text).toContain("model fraud@production: version 1 → 2");
    });

    test("is shown by a report, with which nothing is deployed while the alias names another one", async () => {
      const { code, output, text } = await mlstack(example.stack, "report", "--json");
      expect(code, text).toBe(0);
      expect(report.parse(JSON.parse(output)).sums.models).toEqual([
        { place: "api", name: "fraud", reference: "fraud@production", before: "1", after: "2" },
      ]);
      writeFileSync(approved(), output);
      const before = await example.ids("api");
      await moveAlias("1");
      const refused = await mlstack(example.stack, "apply", "--approved", approved());
      expect(refused.code, refused.text).toBe(3);
      expect(refused.text).toMatch(/model of api: fraud\/2 → fraud\/1/);
      expect(await example.ids("api")).toEqual(before);
      await moveAlias("2");
    });

    test("takes the place of the first without a failed request, as the report shows", async () => {
      const apply = () => mlstack(example.stack, "apply", "--approved", approved());
      const { answered, failed, result } = await underTraffic([ask], apply);
      expect(result.code, result.text).toBe(0);
      expect(failed).toEqual([]);
      expect(answered).toBeGreaterThan(50);
      await onlyServes("2");
    });

    test("is given up for the one that the stack file holds on to", async () => {
      await configure({ model: "fraud/1" });
      expect((await example.stack.preview()).text).toContain("model fraud/1: version 2 → 1");
      await good();
      await onlyServes("1");
    });
  });

  describe("what cannot be served leaves what is served alone", () => {
    const refused = async (wrong: Changes) => {
      const before = await example.ids("api");
      await configure(wrong);
      const { code, text, changes } = await example.stack.up();
      expect(code).not.toBe(0);
      expect(Object.keys(changes).filter((what) => /created|updated|replaced|deleted/.test(what))).toEqual([]);
      expect(await example.ids("api")).toEqual(before);
      expect(await served()).toBe("1");
      return text;
    };

    test("an alias that nobody has set", async () => {
      expect(await refused({ model: "fraud@prodution" })).toMatch(/no alias "prodution".*it has production \(version 2\)/);
    });

    test("a version that there is not", async () => {
      expect(await refused({ model: "fraud/9" })).toContain('model "fraud" has no version 9');
    });
  });

  test("a registry that is down does not hold up the deployment that starts it again, and what is served goes on", async () => {
    const before = await example.ids("api");
    await configure();
    const resume = await example.halt("mlflow");
    const { text } = await example.stack.preview();
    await resume();
    expect(text).toMatch(/model fraud@production: version 1 stays, since the model registry at .* does not answer/);
    expect(await served()).toBe("1");
    expect(await example.ids("api")).toEqual(before);
    await until("the registry is back", async () => (await example.stack.preview()).text.includes("model fraud@production: version 1 → 2"));
  });

  test("a new password of the registry, which it learns by this deployment, comes with the versions that run", async () => {
    const before = await example.ids("api");
    await configure({ password: ANOTHER });
    const text = await good();
    expect(text).toContain("model fraud@production: version 1 stays");
    expect(text).toContain("answered 401");
    expect(text).not.toContain("another password");
    expect(await served()).toBe("1");
    expect(await example.ids("api")).not.toEqual(before);
    expect((await example.stack.preview()).text).toContain("model fraud@production: version 1 → 2");
    example.stack.variables["MLSTACK_OFFLINE"] = "1";
    expect((await example.stack.preview()).text).toContain("model fraud@production: version 1 stays, since --offline");
    delete example.stack.variables["MLSTACK_OFFLINE"];
  });

  describe("the Feast variant", () => {
    const feast = { model: "fraud/1", password: ANOTHER, feast: { build: { env: { ACCOUNTS: "1000" } } } };
    let feastUrl: string;
    const predictFor = async (accounts: number[], time_point?: string) => {
      const answer = await post(`${feastUrl}/predict/feast`, JSON.stringify({ time_point, entities: { account_id: accounts } }));
      return { status: answer.status, body: await answer.json() };
    };

    test("is not deployed while nothing can be looked up, and the rest stays", async () => {
      const before = await example.ids("api");
      await configure({ ...feast, feast: { build: { env: { ACCOUNTS: "0" } } } });
      const { code, text } = await example.stack.up();
      expect(code).not.toBe(0);
      expect(text).toMatch(/0 rows/);
      expect(await example.ids("api-feast")).toEqual([]);
      expect(await example.ids("api")).toEqual(before);
    });

    test("answers questions about accounts from the online store, beside the other", async () => {
      await configure(feast);
      await good();
      feastUrl = await example.url("api-feast");
      await until("the gateway answers", async () => (await fetch(`${feastUrl}/health`)).status === 200);
      expect(await predictFor([1, 2, 3])).toMatchObject({
        status: 200,
        body: {
          version: "1",
          predictions: [expect.any(Number), expect.any(Number), expect.any(Number)],
          features: { online: 3, history: 0 },
        },
      });
      expect((await predict()).status).toBe(200);
    });

    test("knows what was known at a point of the past", async () => {
      const [now, past] = [await predictFor([1, 2, 3]), await predictFor([1, 2, 3], PAST)];
      expect(past).toMatchObject({ status: 200, body: { features: { online: 0, history: 3 } } });
      expect((past.body as { predictions: number[] }).predictions).not.toEqual((now.body as { predictions: number[] }).predictions);
    });

    test("answers the question of the guides: a list of accounts, and a time without a zone", async () => {
      const guide = '{"time_point": "2024-01-09T00:00:00", "entities": [1, 2, 3]}';
      const answer = await post(`${feastUrl}/predict/feast`, guide);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ predictions: [expect.any(Number), expect.any(Number), expect.any(Number)] });
    });

    test("tells which account nobody knows", async () => {
      const { status, body } = await predictFor([1, 987_654_321]);
      expect(status).toBe(422);
      expect(JSON.stringify(body)).toContain("987654321");
    });

    test("a second up changes nothing", async () => {
      await good("--expect-no-changes");
    });

    test("goes by the same settings, and what ran before stays", async () => {
      const before = await example.ids("api");
      await configure({ model: "fraud/1", password: ANOTHER });
      await good();
      expect(await example.ids("api")).toEqual(before);
      expect((await example.leftovers()).filter((name) => /feast|redis/.test(name))).toEqual([]);
    });
  });

  test("destroy leaves only runs and models, which are marked to be kept", async () => {
    await configure();
    expect((await example.stack.destroy()).code).toBe(0);
    expect((await example.leftovers()).filter((name) => !/mlflow-data$|^Namespace\//.test(name))).toEqual([]);
  });
}
