import { expect, test } from "vitest";

import { farewellOf } from "../../tools/commands/start.ts";
import { ROOT } from "../../tools/lib/folders.ts";

const dev = { folder: ROOT.replace(/\/$/, ""), project: "mlstack", name: "dev" };
const example = { folder: `${ROOT}examples/model-serving`, project: "model-serving", name: "docker" };

test("says where the API answers and what to type", () => {
  expect(farewellOf(dev, { urls: { features: "http://127.0.0.1:8000" }, tryIt: ["curl http://127.0.0.1:8000/features/1"] })).toBe(
    "\nmlstack answers at\n  features  http://127.0.0.1:8000\nTry it:   curl http://127.0.0.1:8000/features/1\nStop it:  npm run stop\n",
  );
});

test("says it for an example, with the secrets that were generated", () => {
  const urls = { fraud: "http://127.0.0.1:8000", tracking: "http://127.0.0.1:5000" };
  expect(
    farewellOf(example, { urls, tryIt: ["npm run task -- train -e model-serving", "curl a"] }, ["mlstack:tracking.admin.password"]),
  ).toBe(
    `
model-serving answers at
  fraud     http://127.0.0.1:8000
  tracking  http://127.0.0.1:5000
Try it:   npm run task -- train -e model-serving
          curl a
Secrets:  npm run pulumi -- config get --path 'mlstack:tracking.admin.password' -s docker -C examples/model-serving
Stop it:  npm run stop -- model-serving
`,
  );
});

test("says that a system publishes nothing", () => {
  expect(farewellOf({ ...example, name: "small" }, {})).toBe(
    "\nmodel-serving is up; it publishes nothing.\nStop it:  npm run stop -- model-serving -s small\n",
  );
});
