import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Contract } from "./contract.ts";
import type { Ask } from "./program.ts";

/** Folder of the sources of the image that holds `trainer-conformance`. */
const SOURCES = fileURLToPath(new URL("../../workloads", import.meta.url));

/**
 * The rank contract: each rank of a real world says who it is and computes with the others. The sorted output of all
 * ranks is this very text on every platform.
 */
export function rankContract({ target, good }: Contract): void {
  test.each([
    [1, 1],
    [2, 1],
    [4, 1],
    [2, 2],
  ])("%i members of %i processes are one world, the same on every platform", async (nodes, processesPerNode) => {
    const world = nodes * processesPerNode;
    await good(askFor(nodes, processesPerNode));
    const printed = async () => {
      const logs = await Promise.all(Array.from({ length: nodes }, (_, index) => target().log("world", index)));
      return logs.flatMap((log) => log.split("\n").filter((line) => line.startsWith("RANK="))).sort();
    };
    await expect.poll(printed, { interval: 500 }).toHaveLength(world);
    expect(await printed()).toEqual(expected(world, processesPerNode));
  });
}

function askFor(nodes: number, processesPerNode: number): Ask {
  const BASE = process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim";
  const command = processesPerNode === 1 ? ["trainer-conformance"] : ["trainer-torchrun", "--no_python", "trainer-conformance"];
  return {
    images: {
      python: { build: { context: SOURCES, dockerfile: "python/Dockerfile", target: "runtime", base: BASE } },
      trainer: { build: { context: SOURCES, dockerfile: "trainer/Dockerfile", target: "runtime", base: "python" } },
    },
    trainings: {
      world: { image: "trainer", command, nodes, processesPerNode, checkpoints: { size: "1Gi" }, resources: { memory: "2Gi" } },
    },
  };
}

/** What every rank must know, and the results of an all-reduce over all ranks and a broadcast from rank 0. */
function expected(world: number, processesPerNode: number): string[] {
  const sum = (world * (world - 1)) / 2;
  return Array.from({ length: world }, (_, rank) => {
    const local = rank % processesPerNode;
    return `RANK=${rank} LOCAL_RANK=${local} WORLD_SIZE=${world} MASTER_ADDR_RESOLVES=True ALL_REDUCE=${sum} BROADCAST=42`;
  }).sort();
}
