import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import { expect, test } from "vitest";

import { activeRuns, refuseTakenDevices } from "../../components/docker/task-run-engine.ts";
import { aTaskRequest } from "../support/task-request.ts";

const using = (name: string, ...ids: string[]) =>
  ({ Name: `/${name}`, HostConfig: { DeviceRequests: [{ DeviceIDs: ids }] } }) as unknown as ContainerInspectInfo;

test("a run is refused while another has its device", () => {
  const without = { Name: "/mlstack-dev-train", HostConfig: {} } as unknown as ContainerInspectInfo;
  expect(() => refuseTakenDevices("train", using("t", "0", "1"), [using("tune-bcdfg", "1")])).toThrow(
    'Task "train" needs device "1", which tune-bcdfg has; wait until that has ended, or stop it.',
  );
  refuseTakenDevices("train", using("t", "0"), [using("tune-bcdfg", "1"), without]);
});

test("a run whose command has ended is removed and reported; the others are the ones that go on", async () => {
  const removed: string[] = [];
  const listed = ["here:1", "here:2", "here:3"].map((owner, index) => ({
    Id: `id-${index}`,
    Names: [`/train-${index}`],
    Labels: { "dev.mlstack.command": owner },
  }));
  const asked: unknown[] = [];
  const docker = {
    listContainers: async (options: unknown) => {
      asked.push(options);
      return listed;
    },
    getContainer: (id: string) => ({
      inspect: async () => (id === "id-2" ? Promise.reject(new Error("no such container")) : { Id: id }),
      remove: async () => removed.push(id),
    }),
  } as unknown as Docker;
  const template = { Config: { Labels: { "dev.mlstack.stack": "shop/dev" } } } as unknown as ContainerInspectInfo;
  const { request, errors } = aTaskRequest({ owner: { id: "here:9", hasEnded: (id) => id === "here:2" } });
  expect(await activeRuns(docker, template, request)).toEqual([{ Id: "id-0" }]);
  expect(asked).toEqual([{ all: true, filters: { label: ["dev.mlstack.stack=shop/dev", "dev.mlstack.command"] } }]);
  const owned = { Config: { Labels: { ...template.Config.Labels, "dev.mlstack.owner": "0123" } } } as unknown as ContainerInspectInfo;
  await activeRuns(docker, owned, request);
  expect(asked[1]).toEqual({ all: true, filters: { label: ["dev.mlstack.owner=0123", "dev.mlstack.command"] } });
  expect(removed[0]).toEqual("id-1");
  expect(errors.text).toContain("removed run train-1, whose command was killed\n");
});
