import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { EngineApi } from "../../components/docker/api.ts";
import { clientOptions } from "../../components/docker/client-options.ts";
import { close, listen, portOf } from "../support/loopback.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-client-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const to = (address: string, certificates?: string) => clientOptions({ address, chosenBy: "DOCKER_HOST", certificates });

test.each([
  ["unix:///run/user/1000/docker.sock", { socketPath: "/run/user/1000/docker.sock" }],
  ["tcp://10.0.0.7:2375", { protocol: "http", host: "10.0.0.7", port: "2375" }],
  ["https://docker.example:443/engine", { protocol: "https", host: "docker.example", pathPrefix: "/engine" }],
])("%s is reached by %j", (address, options) => expect(to(address)).toMatchObject(options));

test("an engine with certificates is reached by them", () => {
  for (const name of ["ca", "cert", "key"]) writeFileSync(join(folder, `${name}.pem`), name);
  const [ca, cert, key] = ["ca", "cert", "key"].map((name) => Buffer.from(name));
  expect(to("tcp://10.0.0.7:2376", folder)).toMatchObject({ protocol: "https", host: "10.0.0.7", port: "2376", ca, cert, key });
});

test("certificates that are not there are said, with who names them", () => {
  expect(() => to("tcp://10.0.0.7:2376", folder)).toThrow(
    /^Docker: .*ca\.pem cannot be read \(.*\); DOCKER_CERT_PATH, or the context, names a folder with ca.pem, cert.pem and key.pem/,
  );
});

test("an address that is none is refused", () => {
  expect(() => to("10.0.0.7 2375")).toThrow('Docker: "10.0.0.7 2375" is no address of an engine; it looks like tcp://10.0.0.7:2376.');
});

/** Puts a program called `ssh` before the machine's. */
function ssh(script: string): void {
  writeFileSync(join(folder, "ssh"), `#!${process.execPath}\n${script}`);
  chmodSync(join(folder, "ssh"), 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
  vi.stubEnv("DOCKER_HOST", "ssh://me@gpu:2222");
}

test("an engine behind ssh is reached by the user's ssh, never by a prompt", async () => {
  const server = createServer((_, response) => response.end(JSON.stringify({ ID: "far" })));
  await listen(server);
  const said = join(folder, "said");
  ssh(`require("node:fs").writeFileSync(${JSON.stringify(said)}, process.argv.slice(2).join(" "));
const socket = require("node:net").connect(${portOf(server)}, "127.0.0.1");
process.stdin.pipe(socket).pipe(process.stdout);`);
  try {
    expect(await new EngineApi().get("/info")).toEqual({ ID: "far" });
    expect(readFileSync(said, "utf8")).toBe("-o BatchMode=yes -l me -p 2222 -- gpu docker system dial-stdio");
  } finally {
    await close(server);
  }
});

test("why ssh cannot reach it is said", async () => {
  ssh(`process.stderr.write("me@gpu: Permission denied (publickey).\\n"); process.exit(255);`);
  await expect(new EngineApi().get("/info")).rejects.toThrow("ssh: me@gpu: Permission denied (publickey).");
});
