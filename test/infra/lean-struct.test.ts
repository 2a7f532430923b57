import { createRequire } from "node:module";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { readPlainly } from "../../infra/lean-struct.ts";

// Of the SDK, which has its own.
const sdk = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb.js");
const { deserializeBinaryFromReader } = Struct;
const own = { ...Object.getOwnPropertyDescriptors(Struct.prototype) };
beforeAll(() => readPlainly(Struct));
afterAll(() => {
  Struct.deserializeBinaryFromReader = deserializeBinaryFromReader;
  Object.defineProperties(Struct.prototype, own);
});

const key = fc.string().filter((text) => text !== "__proto__");
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true }),
    fc.string({ unit: "binary" }),
    fc.array(tie("any")),
    fc.dictionary(key, tie("any"), { noNullPrototype: true }),
  ),
})).any;
const plain = fc.dictionary(key, value, { noNullPrototype: true });
const read = (bytes: Uint8Array) => Struct.deserializeBinary(bytes);

test("whatever was written is read", () => {
  fc.assert(
    fc.property(plain, (given) => {
      expect(read(Struct.fromJavaScript(given).serializeBinary()).toJavaScript()).toEqual(given);
    }),
  );
});

test("a message whose fields are asked for, or that is written again, is as any other", () => {
  fc.assert(
    fc.property(plain, (given) => {
      const message = read(Struct.fromJavaScript(given).serializeBinary());
      const fields: Record<string, unknown> = {};
      message.getFieldsMap().forEach((one: { toJavaScript(): unknown }, name: string) => {
        fields[name] = one.toJavaScript();
      });
      expect(fields).toEqual(given);
      message.getFieldsMap().set(
        "one more",
        Struct.fromJavaScript({ a: { b: 1 } })
          .getFieldsMap()
          .get("a"),
      );
      expect(read(message.serializeBinary()).toJavaScript()).toEqual({ ...given, "one more": { b: 1 } });
      expect(message.toJavaScript()).toEqual({ ...given, "one more": { b: 1 } });
    }),
  );
});
