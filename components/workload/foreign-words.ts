/** Words of other tools, without hyphens and underscores, and ours for the same setting. */
const OURS: Readonly<Record<string, readonly string[]>> = {
  bind: ["address"],
  cidr: ["subnet"],
  cmd: ["args", "command"],
  cpus: ["cpu"],
  entrypoint: ["command"],
  environment: ["env"],
  gcp: ["gcs"],
  google: ["gcs"],
  gpu: ["accelerator"],
  gpus: ["accelerator"],
  gs: ["gcs"],
  healthcheck: ["readiness"],
  host: ["address"],
  hostip: ["address"],
  instances: ["replicas"],
  ip: ["address"],
  mem: ["memory"],
  memorylimit: ["memory"],
  minio: ["s3"],
  pids: ["processes"],
  ram: ["memory"],
  readinessprobe: ["readiness"],
  restarts: ["maxRestarts"],
  scale: ["replicas"],
  shm: ["sharedMemory"],
  shmsize: ["sharedMemory"],
  terminationgraceperiod: ["stopGrace"],
  volumes: ["mounts"],
};

/** The one of our keys for which a user wrote the word of another tool, such as `host` for `address`. */
export function ownWordFor(word: string, known: readonly string[]): string | undefined {
  const ours = OURS[word.toLowerCase().replaceAll(/[-_]/g, "")] ?? [];
  return ours.find((candidate) => known.includes(candidate));
}
