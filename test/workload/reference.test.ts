import { expect, test } from "vitest";

import { registryHostOf, registryOf, registryUrlOf, repositoryOf } from "../../components/workload/reference.ts";

test.each([
  ["registry.example.com:5000/ml/api:1.4.0", "registry.example.com:5000", "registry.example.com:5000/ml/api"],
  [`localhost/api@sha256:${"a".repeat(64)}`, "localhost", "localhost/api"],
  ["debian:12", "docker.io", "debian"],
  ["mlstack/base", "docker.io", "mlstack/base"],
])("the image %s is at %s in %s", (image, registry, repository) => {
  expect([registryOf(image), repositoryOf(image)]).toEqual([registry, repository]);
});

test.each([
  ["registry.example.com:5000/team/a", "registry.example.com:5000", "https://registry.example.com:5000"],
  ["localhost:5000", "localhost:5000", "http://localhost:5000"],
  ["localhost", "localhost", "http://localhost"],
  ["127.0.0.1:5000/team", "127.0.0.1:5000", "http://127.0.0.1:5000"],
  ["localhost.example.com", "localhost.example.com", "https://localhost.example.com"],
])("a registry %s is at %s, reached by %s", (address, host, url) => {
  expect([registryHostOf(address), registryUrlOf(address)]).toEqual([host, url]);
});
