import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";

import { checked, parse, secretText, strict } from "../../components/workload/index.ts";

const owner = { kind: "TrackingServer", name: "mlflow" };
const tooShort = (text: string) => (text.length < 12 ? "must have at least 12 characters" : undefined);
const known = <T>(output: pulumi.Input<T>) => new Promise((resolve) => pulumi.output(output).apply(resolve));

describe("a secret that is an Output", () => {
  test("is checked by its rule as soon as it is known, wherever it is, and given on", async () => {
    const rule = vi.fn(() => undefined);
    const schema = strict({ keys: z.array(secretText(rule)), users: z.record(z.string(), strict({ password: secretText(rule) })) });
    const given = { keys: [pulumi.secret("one"), "two"], users: { b: { password: pulumi.secret("three") } } };
    const parsed = parse(owner, schema, given);
    expect(await known(pulumi.output(parsed))).toEqual({ keys: ["one", "two"], users: { b: { password: "three" } } });
    expect(rule.mock.calls.flat().sort()).toEqual(["one", "three", "two"]);
    expect(await pulumi.isSecret(pulumi.output(parsed))).toBe(true);
  });

  test("that breaks its rule is refused by owner and place, and never shown", () => {
    const check = () => checked(owner, { path: ["admin", "password"], mark: { secret: true, rule: tooShort } }, "hunter2");
    expect(check).toThrow('TrackingServer "mlflow": 1 invalid argument\n  admin.password: must have at least 12 characters');
    expect(check).not.toThrow(/hunter2/);
  });

  test("is left alone while it is not known, and where its reader checks it", () => {
    const output = pulumi.secret(pulumi.output(new Promise<string>(() => {})));
    expect(() => parse(owner, strict({ a: secretText(tooShort) }), { a: output })).not.toThrow();
    expect(parse(owner, strict({ a: secretText(tooShort, { later: false }) }), { a: output }).a).toBe(output);
  });

  test("leaves everything beside it as it was given", () => {
    const handle = { kind: "service" };
    const schema = strict({ service: z.custom<object>(() => true), password: secretText(tooShort) });
    expect(parse(owner, schema, { service: handle, password: pulumi.secret("long enough for it") }).service).toBe(handle);
  });
});
