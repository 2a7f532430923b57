import type { AnsweringPart, PostgresPart, RanksPart, RedisPart, StepPart } from "./observed.ts";
import { graph, type Row } from "./page.ts";
import { goldenGraph, shiftGraph } from "./pages-serving.ts";
import { answeringNow, of, restartsOf, type Scope } from "./query.ts";

const ENDED = "training has ended";

/** How far training is. */
export function trainingRow(part: RanksPart, scope: Scope): Row {
  const epoch = of(part, "mlstack_training_epoch", scope);
  return {
    title: part.target.name,
    panels: [
      graph("Epoch", "Last epoch that each rank has finished.", "count", `max by (rank) (${epoch})`, "rank {{rank}}", {
        emptyWhile: ENDED,
      }),
      graph("Loss", "Loss over all ranks after the last epoch.", "count", `max(${of(part, "mlstack_training_loss", scope)})`, "loss", {
        emptyWhile: ENDED,
      }),
      graph("Speed", "Epochs a minute, over five minutes.", "count", `round(60 * max(deriv(${epoch}[5m])), 0.01)`, "epochs a minute", {
        emptyWhile: ENDED,
      }),
      graph(
        "Age of the checkpoint",
        "Training since then would be lost.",
        "s",
        `time() - max(${of(part, "mlstack_training_checkpoint_timestamp_seconds", scope)})`,
        "age",
        { emptyWhile: ENDED },
      ),
      {
        ...graph(
          "Ranks",
          "Ranks that answer, and that were declared; none answers after training.",
          "count",
          answeringNow(part, scope),
          "answer",
        ),
        queries: [
          { expr: answeringNow(part, scope), legend: "answer" },
          { expr: of(part, "mlstack_declared_replicas", scope), legend: "declared" },
        ],
        steps: true,
      },
      graph("Restarts", "Times that each member was started again within ten minutes.", "count", restartsOf(part, scope), "{{instance}}", {
        emptyWhile: ENDED,
      }),
    ],
  };
}

/** Whether a step of a pipeline keeps up. */
export function stepRow(part: StepPart, scope: Scope): Row {
  return {
    title: part.target.name,
    panels: [
      {
        ...graph("Last success", "Seconds since the step did its work, and after how many it is late.", "s", "", ""),
        queries: [
          { expr: `time() - max(${of(part, "mlstack_step_last_success_timestamp_seconds", scope)})`, legend: "since then" },
          { expr: `vector(${part.staleAfter})`, legend: "late" },
        ],
      },
      graph("Rows that wait", "Rows that the step has yet to do.", "rows", `max(${of(part, "mlstack_step_lag_rows", scope)})`, "waiting", {
        emptyWhile: "the step counts no rows",
      }),
      graph(
        "Failures",
        "Attempts a second that failed.",
        "per second",
        `sum(rate(${of(part, "mlstack_step_failures_total", scope)}[5m]))`,
        "failures",
      ),
      goldenGraph(part, scope, { emptyWhile: "the step asks no model" }),
      shiftGraph(part, scope),
    ],
  };
}

/** What a Redis holds and does. */
export function redisRow(part: RedisPart, scope: Scope): Row {
  const number = (metric: string) => `max(${of(part, metric, scope)})`;
  return {
    title: part.target.name,
    panels: [
      {
        ...graph("Memory", "What its data take, and what they may take.", "bytes", "", ""),
        queries: [
          { expr: number("redis_memory_used_bytes"), legend: "used" },
          { expr: number("redis_memory_max_bytes"), legend: "allowed" },
        ],
      },
      graph(
        "Commands",
        "Commands a second.",
        "per second",
        `sum(rate(${of(part, "redis_commands_processed_total", scope)}[1m]))`,
        "commands",
      ),
      graph("Clients", "Programs that are connected.", "count", number("redis_connected_clients"), "connected"),
      {
        ...graph("Lookups", "Keys a second that were found, and that were not.", "per second", "", ""),
        queries: [
          { expr: `sum(rate(${of(part, "redis_keyspace_hits_total", scope)}[1m]))`, legend: "found" },
          { expr: `sum(rate(${of(part, "redis_keyspace_misses_total", scope)}[1m]))`, legend: "not found" },
        ],
      },
      graph(
        "Thrown away",
        "Keys a second that were removed for lack of memory.",
        "per second",
        `sum(rate(${of(part, "redis_evicted_keys_total", scope)}[5m]))`,
        "keys",
      ),
      graph("Answers", "1 while it answers with its password.", "count", number("redis_up"), "answers", { steps: true }),
    ],
  };
}

/** Whether a part without numbers of its own answers. */
export function probedRow(part: AnsweringPart | PostgresPart, scope: Scope): Row {
  return {
    title: part.target.name,
    panels: [
      graph("Answers", "1 while it answers.", "count", `min(${of(part, "probe_success", scope)})`, "answers", { steps: true, width: 6 }),
      graph("Time", "Seconds until it answered.", "s", `max(${of(part, "probe_duration_seconds", scope)})`, "time", { width: 6 }),
    ],
  };
}
