import { describe, expect, test } from "vitest";

import { placesOf, recordIn } from "../../components/docker/record.ts";
import { moveRefusal, placeIn, placeOf, placeText } from "../../components/workload/adapter/index.ts";

const URN = "urn:pulumi:dev::shop::mlstack:index:MlStack$mlstack:docker:Platform$mlstack:docker:Volume::data";
const HERE = "mlstack:index:MlStack$mlstack:docker:Platform$mlstack:docker:Volume::data";

test("a place is one text or its parts", () => {
  expect(placeOf(URN)).toBe(HERE);
  expect(placeIn(URN)).toEqual({ types: ["mlstack:index:MlStack", "mlstack:docker:Platform", "mlstack:docker:Volume"], name: "data" });
  expect(placeText(placeIn(URN))).toBe(HERE);
  expect(placeIn("urn:pulumi:dev::shop::a::b::c")).toEqual({ types: ["a"], name: "b::c" });
});

describe("what is new at a place", () => {
  const declared = (...urns: string[]) => {
    const record = recordIn(urns.map((urn) => ({ place: placeIn(urn), outputs: {} })));
    return (leaf: string) => placesOf(record, leaf);
  };

  test("is refused where it was declared at another one, below whatever has an alias too", () => {
    expect(moveRefusal(HERE, declared(URN.replace("MlStack", "MlStack$a:b:C")))).toBe(
      [
        'volume "data" was declared at another place of the program, and its objects would be deleted with that place:',
        "    then mlstack:index:MlStack › a:b:C › mlstack:docker:Platform › mlstack:docker:Volume::data",
        "    now  mlstack:index:MlStack › mlstack:docker:Platform › mlstack:docker:Volume::data",
        "  Give what was moved or renamed an alias (`aliases: [{ type, parent }]`, its former type or parent), or deploy once without it.",
      ].join("\n"),
    );
  });

  test("is not where nothing of that kind and name was declared, nor what has nothing on the engine", () => {
    expect(moveRefusal(HERE, declared(URN.replace("::data", "::other"), URN.replace("Volume", "Service")))).toBeUndefined();
    const secret = HERE.replace("Volume", "Secret");
    expect(moveRefusal(secret, declared(`urn:pulumi:dev::shop::a$mlstack:docker:Secret::data`))).toBeUndefined();
  });

  test("is not at its own place", () => expect(moveRefusal(HERE, declared(URN))).toBeUndefined());
});
