import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Kube } from "../support/kube.ts";
import { until } from "../support/stack.ts";

/** What the other tests of this folder rely on, shown on one pod that no part of the project made. */
const kube = new Kube();
const BASE = process.env["MLSTACK_BASE_IMAGE"] ?? "";
const PUSHED = `${process.env["MLSTACK_TEST_REGISTRY"]}/mlstack/tiny`;
const namespace = "mlstack-helpers";
const labels = { "mlstack.dev/workload": "web", "mlstack.test": "helpers" };
const selector = "mlstack.test=helpers";

/** Counts its starts in a volume, and answers every request with a line; perl is part of every Debian image. */
const SERVER = `echo start >>/data/starts; echo "start $(wc -l </data/starts)"; exec perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(LocalPort=>8080,Listen=>5,ReuseAddr=>1) or die; while($c=$s->accept){while(<$c>){last if /^\\s*$/} print $c "HTTP/1.0 200 OK\\r\\n\\r\\nhello"; close $c}'`;

beforeAll(async () => {
  await remove();
  await kube.load(BASE);
  await kube.core.createNamespace({ body: { metadata: { name: namespace, labels } } });
  await until("service account", async () => (await kube.core.listNamespacedServiceAccount({ namespace })).items.length > 0);
  await create("web-0", BASE, ["bash", "-c", SERVER]);
  const spec = { selector: labels, ports: [{ port: 80, targetPort: 8080 }] };
  await kube.core.createNamespacedService({ namespace, body: { metadata: { name: "web", labels }, spec } });
  await until("pod ready", () => ready("web-0"));
});
afterAll(remove);

/** Also what a test that was killed left. */
async function remove(): Promise<void> {
  await kube.core.deleteNamespace({ name: namespace }).catch(() => {});
  await until("namespace gone", async () => (await kube.objects(selector)).length === 0);
}

async function create(name: string, image: string, command: string[]): Promise<void> {
  const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
  const volumeMounts = [{ name: "data", mountPath: "/data" }];
  const container = { name: "main", image, imagePullPolicy: "IfNotPresent", command, readinessProbe, volumeMounts };
  const spec = { containers: [container], volumes: [{ name: "data", emptyDir: {} }], terminationGracePeriodSeconds: 0 };
  await kube.core.createNamespacedPod({ namespace, body: { metadata: { name, labels }, spec } });
}

async function ready(name: string): Promise<boolean> {
  const { status } = await kube.core.readNamespacedPod({ namespace, name });
  return status?.containerStatuses?.[0]?.ready === true;
}

test("objects and pods are found by their labels", async () => {
  expect(await kube.objects(selector)).toEqual([`Namespace/${namespace}`, "Pod/web-0", "Service/web"]);
  expect((await kube.pods(namespace, "web")).map(({ metadata }) => metadata?.name)).toEqual(["web-0"]);
});

describe("a program in a container", () => {
  test("gives its output", async () => expect(await kube.exec(namespace, "web-0", ["echo", "one two"])).toBe("one two\n"));

  test("gives all of it", async () => expect(await kube.exec(namespace, "web-0", ["bash", "-c", "seq 200000"])).toHaveLength(1_288_895));

  test("that fails says why", async () => {
    await expect(kube.exec(namespace, "web-0", ["bash", "-c", "echo broken >&2; exit 3"])).rejects.toThrow(/exit code 3\s+broken/);
  });
});

test("a service answers behind a port of this machine", async () => {
  const { port, close } = await kube.forward(namespace, "web", 80);
  // A connection for each try: one made before the node knows the service leaves this machine, and whatever answers there would be asked again.
  const headers = { connection: "close" };
  await until("hello", async () => (await (await fetch(`http://127.0.0.1:${port}/`, { headers })).text()) === "hello");
  await close();
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});

test("a container that crashes is started again in its pod, and both logs can be read", async () => {
  await kube.crash(namespace, "web-0");
  await until("started again", async () => (await kube.logs(namespace, "web-0")).includes("start 2"));
  expect(await kube.logs(namespace, "web-0", { previous: true })).toBe("start 1\n");
  await until("ready again", () => ready("web-0"));
});

test("the node pulls by digest what was pushed to the registry", async () => {
  const digest = await push();
  await create("pulled", `${PUSHED}@${digest}`, ["bash", "-c", SERVER]);
  await until("ready", () => ready("pulled"));
});

test("a pod can be deleted", async () => {
  await kube.deletePod(namespace, "web-0");
  await until("gone", async () => !(await kube.objects(selector)).includes("Pod/web-0"));
});

/** Pushes the base image to the test's registry; returns its digest there. */
async function push(): Promise<string> {
  const docker = new Docker();
  await docker.getImage(BASE).tag({ repo: PUSHED, tag: "test" });
  const image = docker.getImage(`${PUSHED}:test`);
  try {
    const stream = await image.push({ authconfig: { username: "", password: "", serveraddress: "" } });
    let digest = "";
    await new Promise<void>((resolve, reject) =>
      docker.modem.followProgress(
        stream,
        (error) => (error ? reject(error) : resolve()),
        ({ aux }: { aux?: { Digest?: string } }) => {
          digest = aux?.Digest ?? digest;
        },
      ),
    );
    return digest;
  } finally {
    await image.remove();
  }
}
