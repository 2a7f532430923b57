import { fileURLToPath } from "node:url";
import { listen, ready, shell } from "../contract/containers.ts";
import type { Ask } from "../contract/program.ts";
import type { Chance } from "./chance.ts";

/** What a run may change of the stack. */
export interface Wish {
  readonly replicas: number;
  /** A variable of the service, whose change replaces it. */
  readonly version: number;
  /** An input of the job, whose change runs it again. */
  readonly data: number;
  /** A variable of the gang. */
  readonly step: number;
  /** Redis' memory, whose change starts it again on its data. */
  readonly megabytes: number;
  /** Whether there is a second service, with a volume and files of its own. */
  readonly more: boolean;
}

export const FIRST: Wish = { replicas: 1, version: 1, data: 1, step: 1, megabytes: 64, more: false };

const CHANGES: readonly [Change, ...Change[]] = [
  (wish) => ({ replicas: (wish.replicas % 3) + 1 }),
  (wish) => ({ version: wish.version + 1 }),
  (wish) => ({ data: wish.data + 1 }),
  (wish) => ({ step: wish.step + 1 }),
  (wish) => ({ megabytes: wish.megabytes === 64 ? 96 : 64 }),
  (wish) => ({ more: !wish.more }),
];
type Change = (wish: Wish) => Partial<Wish>;

/** The same stack with one to three changes. */
export function changed(before: Wish, chance: Chance): Wish {
  const once = (wish: Wish) => ({ ...wish, ...chance.of(CHANGES)(wish) });
  const after = once(chance.happens(0.6) ? once(chance.happens(0.5) ? once(before) : before) : before);
  // Two of them may undo each other.
  return textOf(after) === textOf(before) ? { ...before, version: before.version + 1 } : after;
}

export function textOf(wish: Wish): string {
  return Object.entries(wish)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}

/** A folder that every user of an image may write to, also where a new volume is in it. */
const FOLDER = "/var/tmp";
/** A checkpoint that counts, as long as the gang runs. */
const COUNTS = `cd ${FOLDER}; while :; do n=$(cat step-$I 2>/dev/null); echo $((\${n:-0} + 1)) >new-$I; mv new-$I step-$I; sleep 0.2; done`;
const quick = { stopGrace: "1s" } as const;
const small = { size: "1Gi" } as const;
const shared = { ...small, access: "many-nodes" } as const;

/** What the stack asks of a platform: data in Redis and in volumes, a job that fills them, a service behind it, a gang with checkpoints. */
export function askOf({ replicas, version, data, step, megabytes, more }: Wish): Ask {
  const context = fileURLToPath(new URL("../../workloads", import.meta.url));
  const base = process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim";
  const onData = [{ volume: "data", path: FOLDER }];
  const password = { from: "secret", secret: "redis", key: "password" };
  const serve = (port: number) => `touch /tmp/ready; ${listen(port)}`;
  return {
    images: { redis: { build: { context, dockerfile: "redis/Dockerfile", target: "runtime", base } } },
    secrets: { redis: { password: "a-password-of-the-kill-runs" } },
    volumes: { data: shared, keys: small, steps: shared, ...(more ? { scratch: small } : {}) },
    ...(more ? { files: { words: { "words.txt": `version ${version}\n` } } } : {}),
    jobs: { fill: { container: shell(`echo "$DATA" >>${FOLDER}/fills`, { mounts: onData, env: { DATA: String(data) } }) } },
    services: {
      redis: {
        container: {
          image: "redis",
          env: { REDIS_PASSWORD: password, REDIS_MAXMEMORY: `${megabytes}mb` },
          mounts: [{ volume: "keys", path: "/data" }],
          resources: { cpu: 0.2, memory: "160Mi" },
          stopGrace: "20s",
        },
        port: 6379,
        readiness: ready({ command: ["redis-health"] }),
      },
      web: {
        container: shell(serve(8080), { mounts: onData, env: { VERSION: String(version) }, calls: ["redis"], ...quick }),
        port: 8080,
        readiness: ready(),
        replicas,
        after: ["fill"],
      },
      ...(more
        ? {
            more: {
              container: shell(serve(8081), {
                mounts: [
                  { volume: "scratch", path: FOLDER },
                  { files: "words", path: "/etc/words" },
                ],
                ...quick,
              }),
              port: 8081,
              readiness: ready(),
            },
          }
        : {}),
    },
    gangs: {
      ring: {
        container: shell(COUNTS, {
          mounts: [{ volume: "steps", path: FOLDER }],
          env: { I: { from: "member-index" }, STEP: String(step) },
          ...quick,
        }),
        size: 2,
        rendezvousPort: 29500,
      },
    },
  };
}

/** The data of which nothing may be lost, as they are read and written inside the stack. */
export const DATA = {
  folder: FOLDER,
  redis: (...words: string[]) => ["sh", "-c", 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli --no-auth-warning "$@"', "sh", ...words],
} as const;
