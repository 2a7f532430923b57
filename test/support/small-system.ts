import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

import { ROOT } from "../../tools/lib/folders.ts";

/** A system of the real front door and the real settings that needs no image of its own: two replicas that listen. */
const PROGRAM = `
import { program } from "${ROOT}infra/program.ts";
import { stackSettings } from "${ROOT}infra/stack.ts";

const READY = "touch /tmp/ready; exec perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(LocalPort=>8080,Listen=>5,ReuseAddr=>1) or die; close $_ while $_=$s->accept'";

export default () =>
  program(stackSettings, async ({ tracking }) => ({ platform, root }) => {
    const image = platform.image("base", { reference: process.env.MLSTACK_TEST_IMAGE }, root);
    const login = platform.secret("login", { values: { password: tracking.admin.password } }, root);
    platform.service(
      "web",
      {
        container: {
          image: image.reference,
          command: ["bash", "-c", READY],
          env: { SIZE: tracking.size, PASSWORD: { from: "secret", secret: login, key: "password" } },
          resources: { cpu: 0.2, memory: "160Mi" },
          stopGrace: "1s",
        },
        port: 8080,
        readiness: { kind: "exec", command: ["test", "-f", "/tmp/ready"], interval: "500ms" },
        replicas: 2,
      },
      root,
    );
    return { size: tracking.size };
  });
`;

/** Writes the system into a folder. Its settings are `tracking`'s, of which it uses the size and the password. */
export function writeSmallSystem(folder: string, { project, prefix }: { readonly project: string; readonly prefix: string }): void {
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    `name: ${project}\nmain: index.ts\nruntime: { name: nodejs, options: { typescript: false } }\n`,
  );
  const config = { "mlstack:platform": { kind: "docker", prefix }, "mlstack:tracking": { admin: { username: "kim" }, size: "5Gi" } };
  writeFileSync(join(folder, "Pulumi.docker.yaml"), stringify({ config }));
  writeFileSync(join(folder, "index.ts"), PROGRAM);
}
