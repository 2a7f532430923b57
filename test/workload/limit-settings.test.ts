import { expect, test } from "vitest";
import { z } from "zod";

import { jobSpec, limits, memorySettingOf, noteLimits, parse, resourcesOf, strict } from "../../components/workload/index.ts";

const part = strict({ resources: resourcesOf().prefault({}) });
const stack = strict({ serving: z.record(z.string(), strict({ server: part.prefault({}) })) });
const component = strict({ server: part.prefault({}), image: z.string() });

test("limits are known by their setting from the stack file to the workload", () => {
  const settings = stack.parse({ serving: { api: {} } });
  noteLimits(settings, undefined, (path) => path);
  const { server } = parse({ kind: "ServingStack", name: "api" }, component, { ...settings.serving["api"], image: "a" });
  const { container } = parse({ kind: "job", name: "prepare" }, jobSpec, { container: { image: "a", resources: server.resources } });
  expect(memorySettingOf(container.resources)).toBe("serving.api.server.resources.memory");
});

test("limits that a program gives are known by the part that it gives them to", () => {
  const { server } = parse({ kind: "ServingStack", name: "api" }, component, { image: "a", server: { resources: { cpu: 1 } } });
  expect(memorySettingOf(server.resources)).toBe('server.resources.memory of ServingStack "api"');
  const { container } = parse({ kind: "job", name: "load" }, jobSpec, { container: { image: "a" } });
  expect(memorySettingOf(container.resources)).toBe('container.resources.memory of job "load"');
});

test("limits of nobody are named by themselves", () => expect(memorySettingOf(limits.parse({}))).toBe("resources.memory"));
