import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";

import { imageFrom, imageReference, imageSource } from "../../components/workload/index.ts";
import { messages } from "../support/messages.ts";

const RULE = 'must be an image reference in lower case and without spaces, for example "ghcr.io/acme/api:1.4"';

describe("an image reference", () => {
  test.each([
    "redis",
    "shop:1",
    "library/redis:7.2-bookworm",
    "ghcr.io/acme/api:1.4",
    "localhost:5000/mlstack/gateway:0a1b2c",
    "Registry.Example.com/acme/api",
    "[fd00::1]:5000/api:1",
    `redis@sha256:${"a".repeat(64)}`,
    `ghcr.io/acme/my__api.v2:V1@sha256:${"0".repeat(64)}`,
    `sha256:${"a".repeat(64)}`,
    `shop@sha512:${"a".repeat(128)}`,
  ])("may be %s", (reference) => expect(messages(imageReference, reference)).toEqual([]));

  test.each([
    "",
    "My Image:latest",
    "MyImage",
    "shop:",
    "shop:1 ",
    "acme//api",
    "https://ghcr.io/acme/api",
    "shop@sha256:12",
    `shop@sha256:${"a".repeat(63)}`,
    `shop@sha256:${"a".repeat(65)}`,
    `shop@sha256:${"A".repeat(64)}`,
    `shop@sha512:${"a".repeat(64)}`,
    "shop:-1",
    `a:${"t".repeat(129)}`,
  ])("cannot be %j", (given) => expect(messages(imageReference, given)).toEqual([`${RULE}, got "${given}"`]));

  test("that is not known yet passes untouched", () => {
    const later = pulumi.output("shop:1");
    expect(imageReference.parse(later)).toBe(later);
  });
});

describe("an image source", () => {
  test("is a reference, or a function that is called only when the image is needed", () => {
    let built = 0;
    const build = () => {
      built += 1;
      return "shop:1";
    };
    const source = imageSource.parse(build);
    expect(built).toBe(0);
    expect(imageFrom(source)).toBe("shop:1");
    expect(built).toBe(1);
    expect(imageFrom(imageSource.parse("shop:2"))).toBe("shop:2");
  });

  test.each([
    ["My Image", `${RULE}, or a function that returns one; got "My Image"`],
    [undefined, `${RULE}, or a function that returns one; got nothing`],
    [5, `${RULE}, or a function that returns one; got 5`],
  ])("cannot be %j", (given, message) => expect(messages(imageSource, given)).toEqual([message]));
});
