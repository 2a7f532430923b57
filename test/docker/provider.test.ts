import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";

import { Container, Network, RemoteImage, Volume } from "../../components/docker/provider.ts";

const registered: pulumi.runtime.MockResourceArgs[] = [];
await pulumi.runtime.setMocks({
  newResource: (args) => {
    registered.push(args);
    return { id: args.name, state: args.inputs };
  },
  call: () => ({}),
});

type Make = (name: string) => pulumi.CustomResource & { readonly name: pulumi.Output<string> };

const image = { image: "redis", name: "redis-0", readOnly: true, labels: [{ label: "a", value: "b" }] };
const net = { name: "net", internal: false };

test.each<[string, Make, Make]>([
  ["Container", (name) => new docker.Container(name, image), (name) => new Container(name, image, {})],
  ["Network", (name) => new docker.Network(name, net), (name) => new Network(name, net, {})],
  ["RemoteImage", (name) => new docker.RemoteImage(name, { name: "redis" }), (name) => new RemoteImage(name, { name: "redis" }, {})],
  ["Volume", (name) => new docker.Volume(name, { name: "data" }), (name) => new Volume(name, { name: "data" }, {})],
])("%s is registered as by the provider's own class", async (_, its, own) => {
  const names: string[] = [];
  for (const resource of [its("same"), own("same")]) {
    names.push(await new Promise((resolve) => resource.name.apply(resolve)));
  }
  const [first, second] = registered.splice(0);
  expect(second).toEqual(first);
  expect(names[1]).toBe(names[0]);
});
