import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { selfSigned } from "../../components/gateway/self-signed.ts";
import { listIn } from "../../components/workload/values.ts";
import { replaceSecrets, secretPlaces, secretsIn } from "../../infra/secrets.ts";
import { stackSettings } from "../../infra/stack.ts";
import { eventsIn } from "../../tools/report/events.ts";
import { fleetOf } from "../../tools/report/fleet.ts";
import { fleetMarkdown, fleetText } from "../../tools/report/fleet-text.ts";
import { reportOf } from "../../tools/report/making.ts";
import { seenOffline } from "../../tools/report/offline.ts";
import { settingsOf } from "../../tools/settings/settings-of.ts";
import { writeState } from "../support/rendered-state.ts";
import { settingsWithCanaries, shownIn } from "./canaries.ts";

const before = process.env["MLSTACK_STATE"];
const folder = mkdtempSync(join(tmpdir(), "mlstack-secrets-"));
let tls: Awaited<ReturnType<typeof selfSigned>>;

beforeAll(async () => {
  process.env["MLSTACK_STATE"] = join(folder, "state");
  writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\n");
  tls = await selfSigned(["shop.example.com"]);
});
afterAll(() => {
  if (before === undefined) delete process.env["MLSTACK_STATE"];
  else process.env["MLSTACK_STATE"] = before;
  rmSync(folder, { recursive: true });
});

const held = (settings: object) => secretsIn(settings, secretPlaces(stackSettings)).map(({ value }) => String(value));

test("the stacks of these tests have every secret that settings know", () => {
  const places = secretPlaces(stackSettings);
  const missing = places.filter((place) =>
    (["docker", "kubernetes"] as const).every((kind) => secretsIn(settingsWithCanaries(kind, tls), [place]).length === 0),
  );
  expect(missing.map(({ path }) => path.join("."))).toEqual([]);
});

test("a secret is found in each form", () => {
  const secret = held(settingsWithCanaries("docker", tls))[0] ?? "";
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  for (const text of [
    secret,
    encodeURIComponent(secret),
    encoded(secret),
    encoded(`u:${secret}`),
    encoded(`REDIS=${secret}\n`),
    JSON.stringify({ secret }),
  ])
    expect(shownIn(`before ${text} behind`, [secret]), text).toEqual([secret]);
  expect(shownIn("nothing of it", [secret])).toEqual([]);
});

describe.each(["docker", "kubernetes"] as const)("no secret is in a report of a stack on %s", (kind) => {
  const stack = { folder, project: "shop", name: kind };

  /** Writes the stack's settings, with secrets as they are or, for those of a user who does as is said, encrypted. */
  function configure(settings: object, isEncrypted: boolean): void {
    const values = isEncrypted ? replaceSecrets(settings, secretPlaces(stackSettings), () => ({ secure: "v1:encrypted" })) : settings;
    const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [`mlstack:${key}`, value]));
    writeFileSync(join(folder, `Pulumi.${kind}.yaml`), stringify({ config }));
  }

  test("whose settings have it unencrypted: they are refused, and each place is named", async () => {
    const settings = settingsWithCanaries(kind, tls);
    configure({ ...settings, tracking: { ...settings.tracking, admin: { password: "Canary+/1=" } } }, false);
    const fleet = fleetText(await fleetOf([stack], () => seenOffline(stack), "offline"));
    for (const { path } of secretsIn(settings, secretPlaces(stackSettings)))
      expect(fleet.report.failed[0]?.message).toContain(`mlstack:${path.join(".")}: must be`);
    const text = [fleet.text, fleetMarkdown(fleet), JSON.stringify(fleet.report)].join("\n");
    expect(shownIn(text, [...held(settings), "Canary+/1="])).toEqual([]);
  });

  test("that an engine says to have changed: it is said for each part, with no value", async () => {
    configure(settingsWithCanaries(kind, tls), true);
    await writeState(stack, settingsOf(stack));
    const offline = await seenOffline(stack);
    // An engine gives the paths of what differs, and hides the values.
    const changes = offline.changes.map((change) => {
      const { type = "", inputs = {} } = change.after ?? {};
      const variables = listIn(inputs["envs"]).flatMap((one, index) => (String(one).endsWith("=(secret)") ? [`envs[${index}]`] : []));
      const keys = type.endsWith(":Secret") ? Object.keys(Object(inputs["stringData"])).map((key) => `stringData.${key}`) : [];
      const changed = [...variables, ...keys];
      return changed.length === 0 ? change : { ...change, step: "replace" as const, changed };
    });
    const report = await reportOf(stack, { ...offline, changes }, "engine");
    const told = report.findings.filter((one) => one.kind === "secret-changed").map(({ subject }) => subject);
    const ofRegistry = kind === "kubernetes" ? ["platform"] : [];
    expect(told.sort()).toEqual(["feast", "features", "monitoring", "pipeline", ...ofRegistry, "serving.fraud", "tracking"]);
    expect(JSON.stringify(report)).not.toContain("a-secret-that");
  });
});

test("what an engine notes of a secret for its makers is in no report", () => {
  const secret = "Canary+/3=";
  const note = { diagnosticEvent: { message: `resp: ${secret}`, severity: "debug" } };
  expect(shownIn(JSON.stringify(eventsIn(JSON.stringify(note))), [secret])).toEqual([]);
});
