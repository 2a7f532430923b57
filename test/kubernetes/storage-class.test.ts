import { expect, test } from "vitest";

import { storageClassMissing } from "../../components/kubernetes/storage-class.ts";

const classes = (...names: string[]) => ({
  storageClasses: new Map(names.map((name) => [name, { grows: false, isDefault: name === "standard" }])),
});
const cluster = (volumes: readonly string[] | undefined) => ({
  find: async <T>() => (volumes && { items: volumes.map((storageClassName) => ({ spec: { storageClassName } })) }) as T | undefined,
});
const claim = (storageClass?: string) => ({ volume: "data", storageClass, setting: "platform.storageClasses.oneNode" });

test("a class that the cluster has not is refused, with those that there are and the setting", async () => {
  expect(await storageClassMissing(cluster(["other"]), classes("fast", "standard"), claim("fsat"))).toEqual({
    path: 'volume "data"',
    message: 'storage class "fsat" is not in the cluster (there are: fast, standard); correct platform.storageClasses.oneNode',
  });
});

test("no class is refused where the cluster has no default", async () => {
  expect((await storageClassMissing(cluster([]), classes("fast"), claim()))?.message).toBe(
    "the cluster has no default storage class (there are: fast); name one in platform.storageClasses.oneNode",
  );
});

test.each([
  ["a class that is there", [], classes("fast"), "fast"],
  ["the default", [], classes("standard"), undefined],
  ["a class without an object, of which volumes were made by hand", ["manual"], classes("fast"), "manual"],
  ["a class where volumes may not be seen", undefined, classes("fast"), "manual"],
  ["any class where classes may not be seen", [], { storageClasses: undefined }, "any"],
])("%s is taken", async (_, volumes, view, name) => {
  expect(await storageClassMissing(cluster(volumes), view, claim(name))).toBeUndefined();
});
