import type * as w from "../../components/workload/index.ts";

/** A change of one field of a job, and whether it runs finished work again. */
export interface FieldChange {
  readonly runsAgain: boolean;
  /** @param redis a service of the same platform */
  readonly change: (redis: w.Service) => Partial<w.JobSpec>;
}

type Container = w.JobSpec["container"];
type Resources = NonNullable<Container["resources"]>;
type Field = Exclude<keyof w.JobSpec, "container"> | Exclude<keyof Container, "resources"> | `resources.${keyof Resources}`;

export const JOB_CONTAINER: Container = { image: "shop:1", command: ["load"], args: ["--all"], resources: { cpu: 1, memory: "1Gi" } };

const again = (container: Partial<Container>): FieldChange => ({
  runsAgain: true,
  change: () => ({ container: { ...JOB_CONTAINER, ...container } }),
});
const waits = (change: FieldChange["change"]): FieldChange => ({ runsAgain: false, change });
const alone = (container: Partial<Container>): FieldChange => waits(again(container).change);
const limit = (resources: Partial<Resources>) => alone({ resources: { ...JOB_CONTAINER.resources, ...resources } });

/** Every field of a job: one that is not listed does not compile. What a target rejects is left out there. */
export const JOB_FIELDS: Readonly<Record<Field, FieldChange>> = {
  image: again({ image: "shop:2" }),
  command: again({ command: ["load", "more"] }),
  args: again({ args: ["--some"] }),
  env: again({ env: { A: "1" } }),
  mounts: again({ mounts: [{ hostFolder: "/", path: "/models" }] }),
  hosts: again({ hosts: { "db.internal": "10.2.0.7" } }),
  inputs: { runsAgain: true, change: () => ({ inputs: { data: "2" } }) },
  "resources.cpu": limit({ cpu: 2 }),
  "resources.memory": limit({ memory: "2Gi" }),
  "resources.processes": limit({ processes: 100 }),
  "resources.lockedMemory": limit({ lockedMemory: "unlimited" }),
  "resources.stack": limit({ stack: "64Mi" }),
  "resources.reservation": limit({ reservation: { cpu: 0.5, memory: "64Mi" } }),
  user: alone({ user: { uid: 7, gid: 8 } }),
  scratch: alone({ scratch: { "/tmp": "10Mi" } }),
  sharedMemory: alone({ sharedMemory: "10Mi" }),
  stopGrace: alone({ stopGrace: "3s" }),
  outside: alone({ outside: [{ addresses: "10.2.0.7/32", port: 5432 }] }),
  calls: waits((redis) => ({ container: { ...JOB_CONTAINER, calls: [redis] } })),
  after: waits((redis) => ({ after: [redis] })),
  startBudget: waits(() => ({ startBudget: "1h" })),
  deadline: waits(() => ({ deadline: "1h" })),
  placement: waits(() => ({
    placement: { accelerator: { vendor: "nvidia", count: 1 }, nodeSelector: { a: "b" }, tolerations: [{ key: "spot" }] },
  })),
};
