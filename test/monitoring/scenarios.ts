import type { Raised, Scenario } from "./scenario.ts";
import { always, BEGIN, between, type Course, grows } from "./series.ts";

/** When a fault begins, when its alert must be there, when all is well again, and when the alert must be gone. */
const FAULT = 600;
const RAISED = FAULT + 90;
const WELL_AGAIN = 780;
const GONE = WELL_AGAIN + 120;

/** Something else during the fault. */
const faulty =
  (then: Course) =>
  (before: Course): Course =>
    between(FAULT, WELL_AGAIN, then, before);
const stops = faulty(always("stale"));
const is = (value: number) => faulty(always(value));
/** It stays as it was when the fault began. */
const stands = (before: Course): Course => between(FAULT, WELL_AGAIN, () => before(FAULT), before);
/** One more every half minute from the fault on. */
const everyHalfMinute: Course = (second) => Math.max(0, Math.floor((second - FAULT) / 30));
/** For good. */
const hangs =
  (before: Course): Course =>
  (second) =>
    before(Math.min(second, FAULT));

/** @param after what is still raised afterwards, because it looks back for longer */
function faultScenario(name: string, changes: Scenario["changes"], raised: readonly Raised[], after: readonly Raised[] = []): Scenario {
  return { name, interval: 5, changes, raised: { [FAULT - 5]: [], [RAISED]: raised, [GONE]: after } };
}

/** What is no fault: no alert at any time. */
export const QUIET: readonly Scenario[] = [
  quiet("all is well", []),
  quiet("at night nobody asks anything", [
    ["mlstack_requests_total", always200],
    ["haproxy_frontend", always200],
    ["mlstack_feature_reads_total", always200],
  ]),
  quiet("one scrape brings nothing", [["{", (before) => between(600, 605, always(undefined), before)]]),
  quiet("one scrape of each part fails", [
    ["up{", (before) => between(600, 605, always(0), before)],
    ["probe_success", (before) => between(600, 605, always(0), before)],
  ]),
  quiet("a first start takes three minutes, and replicas are ready after four", [
    ["part=", (before) => between(0, 180, always(undefined), before)],
    ["mlstack_started", () => between(0, 180, always(undefined), always(BEGIN + 180))],
    ["mlstack_ready", (before) => between(180, 240, always(0), before)],
  ]),
  quiet("two replicas are replaced one after the other, each by a start of 40 s", [
    ...replaced("api:1", 600),
    ...replaced("api:2", 640),
    ['haproxy_backend_active_servers{part="edge"', (before) => between(600, 640, always(1), before)],
  ]),
  quiet("a rank is started again twice in its first ten minutes", [
    ['mlstack_started_timestamp_seconds{part="trainer",instance="trainer-1"', () => startedAt(60, 200, 400)],
  ]),
  quiet("the rank that writes checkpoints is started again, long after the others were", [
    ['instance="trainer-0"', (before) => between(600, 630, always("stale"), before)],
    ['up{part="trainer",instance="trainer-0"', (before) => between(600, 630, always(0), before)],
    ['mlstack_started_timestamp_seconds{part="trainer",instance="trainer-0"', () => between(600, 630, always("stale"), startedAt(0, 630))],
  ]),
  quiet("the store is started again, and rules are evaluated in vain for 40 s", [
    ["vmalert_alerting_rules_errors_total", () => (second) => Math.min(400, Math.max(0, 10 * (second - 600)))],
    ["{", (before) => between(605, 640, always(undefined), before)],
  ]),
  quiet("ranks that are started again have no epoch until they have resumed", [
    ["mlstack_training_epoch{", (before) => between(600, 620, always("stale"), before)],
  ]),
  quiet("training ends with its last epoch, one rank a little later than the others", [
    ['up{part="trainer"', (before) => between(600, 1300, always(0), before)],
    ['up{part="trainer",instance="trainer-3"', () => between(615, 1300, always(0), always(1))],
    ["mlstack_training_epochs", () => always(20)],
    ["mlstack_training", (before) => between(600, 1300, always("stale"), before)],
    ['mlstack_started_timestamp_seconds{part="trainer"', (before) => between(600, 1300, always("stale"), before)],
  ]),
  quiet("a step is started again and has not succeeded since", [
    ['mlstack_started_timestamp_seconds{part="stream"', () => (second) => (second < 600 ? BEGIN : BEGIN + 600)],
    ["mlstack_step_last_success", (before) => between(600, 650, always("stale"), before)],
  ]),
  quiet("training goes on from a checkpoint that is old", [
    ['part="trainer"', (before) => between(0, 600, always(undefined), before)],
    ["mlstack_started", (before) => (second) => (before(second) === undefined ? undefined : BEGIN + 600)],
    ["mlstack_training_checkpoint", (before) => between(600, 660, always(BEGIN + 10), before)],
  ]),
];

function quiet(name: string, changes: Scenario["changes"]): Scenario {
  return { name, interval: 5, changes, raised: { 960: [] } };
}

function always200(): Course {
  return always(200);
}

/** One that answers for 15 s under its address. */
function comesAndGoes(instance: string, from: number): Scenario["changes"][number] {
  const series = `mlstack_started_timestamp_seconds{part="solo",instance="${instance}",component="model-server"}`;
  return [series, () => (second) => (second < from || second > from + 15 ? undefined : second === from + 15 ? "stale" : BEGIN + from)];
}

/** When it was started the last time, of these starts. */
function startedAt(...starts: readonly number[]): Course {
  return (second) => {
    const last = starts.filter((start) => start <= second).at(-1);
    return last === undefined ? undefined : BEGIN + last;
  };
}

/** A replica that is gone for 40 s and comes back as a new process. */
function replaced(instance: string, from: number): Scenario["changes"] {
  const back = from + 40;
  return [
    [`up{part="api",instance="${instance}"`, (before) => between(from, back, always(0), before)],
    [`mlstack_ready{part="api",instance="${instance}"`, (before) => between(from, back, always("stale"), before)],
    [
      `mlstack_started_timestamp_seconds{part="api",instance="${instance}"`,
      () => (second) => (second < from ? BEGIN : second < back ? "stale" : BEGIN + back),
    ],
  ];
}

/** Faults that have nothing to do with each other, all at once. */
export const FAULTS: readonly Scenario[] = [
  faultScenario(
    "one replica is missing, and what is around it has faults of its own",
    [
      ['up{part="api",instance="api:1"', is(0)],
      ['mlstack_golden_request_ok{part="api",instance="api:2"', is(0)],
      ['mlstack_feature_shift{part="api",instance="api:2"', is(1)],
      ['mlstack_golden_request_ok{part="stream"', is(0)],
      ['mlstack_feature_shift{part="stream"', is(0.5)],
      ['up{part="solo"', stops],
      ['redis_up{part="redis"', is(0)],
      ['probe_success{part="database"', is(0)],
      ['probe_success{part="mlflow"', stops],
      ["mlstack_step_last_success", stands],
      ['up{part="trainer",instance="trainer-2"', is(0)],
      ["probe_ssl_earliest_cert_expiry", faulty((second) => BEGIN + second + 86_400 * 10)],
      ['haproxy_backend_active_servers{part="edge"', is(1)],
      ['node_filesystem_avail_bytes{device="/dev/sda1"', is(2)],
      ['node_filesystem_free_bytes{device="/dev/sda1"', is(902)],
      ["node_memory_MemAvailable_bytes", is(3)],
      ["vm_storage_is_read_only", is(1)],
    ],
    [
      { alert: "ReplicasMissing", part: "api", summary: "Of api, 1 of 2 replicas answer." },
      {
        alert: "GoldenRequestFails",
        part: "api",
        labels: { name: "fraud" },
        summary: "1 of 2 replicas of api answer a question wrongly whose right answer is known (model fraud).",
      },
      {
        alert: "DataShift",
        part: "api",
        labels: { name: "fraud", feature: "amount" },
        summary:
          "What api is asked has shifted: amount of the model fraud is distributed otherwise than in training (index 1.00, limit 0.25).",
      },
      { alert: "PartDown", part: "solo", summary: "solo does not answer." },
      { alert: "PartDown", part: "redis", summary: "redis does not answer." },
      { alert: "PartDown", part: "database", summary: "database does not answer." },
      { alert: "PartDown", part: "mlflow", summary: "mlflow does not answer." },
      { alert: "StepLate", part: "stream", summary: "The step stream last did its work 1m 30s ago; it is late after 60 s." },
      {
        alert: "GoldenRequestFails",
        part: "stream",
        labels: { name: "power" },
        summary: "stream answers a question wrongly whose right answer is known (model power).",
      },
      {
        alert: "DataShift",
        part: "stream",
        labels: { name: "power", feature: "wind_speed" },
        summary:
          "What stream is asked has shifted: wind_speed of the model power is distributed otherwise than in training (index 0.50, limit 0.25).",
      },
      { alert: "RanksMissing", part: "trainer", summary: "Of trainer, 3 of 4 ranks are there: training waits for the others." },
      {
        alert: "CertificateEnds",
        part: "gateway",
        summary: "The certificate of gateway ends in 10.0 days: after that clients refuse to speak to it.",
      },
      { alert: "GatewayMissesReplicas", part: "edge", summary: "Behind edge, 1 of 2 replicas of elsewhere take requests." },
      {
        alert: "DiskFull",
        labels: { device: "/dev/sda1" },
        summary: "Of the host's disk /dev/sda1 only 2.0 % are free.",
      },
      { alert: "MemoryShort", summary: "The host has 3.0 % of its memory left: the kernel will end programs." },
      { alert: "MetricsStoreFull", summary: "The store of metrics takes no more numbers, because its disk is full." },
    ],
  ),
  faultScenario(
    "the server is gone, and so are its gateway and the step",
    [
      ['up{part="api",instance="api:1"', is(0)],
      ['up{part="api",instance="api:2"', stops],
      ['up{part="gateway",instance="gateway",job="gateway"', is(0)],
      ['up{part="stream"', is(0)],
      ['redis_aof_last_write_status{part="redis"', is(0)],
      ['redis_memory_used_bytes{part="redis"', is(95)],
      ["probe_ssl_earliest_cert_expiry", faulty((second) => BEGIN + second + 43_200)],
      ["mlstack_training_epoch", stands],
      ["mlstack_training_checkpoint", stands],
    ],
    [
      { alert: "PartDown", part: "api", summary: "api does not answer, of 2 replicas none." },
      { alert: "PartDown", part: "gateway", summary: "gateway does not answer." },
      { alert: "PartDown", part: "stream", summary: "stream does not answer." },
      {
        alert: "RedisCannotSave",
        part: "redis",
        summary: "redis cannot write its data to its volume: what it is given now would be lost at a restart.",
      },
      { alert: "RedisFull", part: "redis", summary: "redis has used 95 % of the memory that its data may take." },
      {
        alert: "CertificateEnds",
        part: "gateway",
        summary: "The certificate of gateway ends in 0.5 days: after that clients refuse to speak to it.",
      },
      {
        alert: "CertificateEndsNow",
        part: "gateway",
        summary: "The certificate of gateway ends in 0.5 days: after that clients refuse to speak to it.",
      },
    ],
  ),
  faultScenario(
    "replicas answer wrongly: another model, from the wrong store, with errors",
    [
      ['version="4"', stops],
      ['mlstack_model_info{part="api",instance="api:1",component="model-server",name="fraud",version="3"', is(1)],
      ['mlstack_model_info{part="api",instance="api:2",component="model-server",name="fraud",version="3"', is(1)],
      ['source="parquet"', faulty(grows(10))],
      ['mlstack_feature_reads_total{part="api",instance="api:1",component="model-server",source="redis"', stands],
      ['mlstack_feature_reads_total{part="api",instance="api:2",component="model-server",source="redis"', stands],
      ['mlstack_ready{part="solo"', is(0)],
      // Each time under another address.
      ...[0, 1, 2, 3, 4].map((time) => comesAndGoes(`solo:${time}`, FAULT + 15 * time)),
      [
        'mlstack_started_timestamp_seconds{part="api",instance="api:1"',
        faulty((second) => BEGIN + 600 + 20 * Math.floor((second - 600) / 20)),
      ],
    ],
    [
      {
        alert: "WrongModel",
        part: "api",
        labels: { version: "3" },
        summary: "api answers with version 3 of the model fraud (2 of 2 replicas), but version 4 was deployed.",
      },
      {
        alert: "FallbackInUse",
        part: "api",
        summary: "api reads 100 % of its features from parquet, because redis does not answer or lacks them.",
      },
      {
        alert: "ReplicaNotReady",
        part: "solo",
        labels: { instance: "solo", component: "model-server" },
        summary: "A replica of solo (solo) runs, but is not ready for requests.",
      },
      { alert: "RestartLoop", part: "api", summary: "Replicas of api were started again 5 times in 10 minutes." },
      { alert: "RestartLoop", part: "solo", summary: "solo was started again 5 times in 10 minutes." },
    ],
    [
      { alert: "RestartLoop", part: "api", summary: "Replicas of api were started again 9 times in 10 minutes." },
      { alert: "RestartLoop", part: "solo", summary: "solo was started again 5 times in 10 minutes." },
    ],
  ),
  // An engine lets them wait for longer and longer before it starts them again.
  faultScenario(
    "a rank is lost, and the others end for want of it, come back for 15 s, and end again",
    [
      ['up{part="trainer"', faulty((second) => ((second - FAULT) % 45 < 15 ? 1 : 0))],
      ['up{part="trainer",instance="trainer-2"', is(0)],
    ],
    [{ alert: "RanksMissing", part: "trainer", summary: "Of trainer, 3 of 4 ranks are there: training waits for the others." }],
  ),
  faultScenario(
    "all ranks are gone",
    [['part="trainer"', stops]],
    [
      {
        alert: "TrainingEndedEarly",
        part: "trainer",
        summary: "trainer has ended after 20 epochs, which are not all of them: no rank is there any more.",
      },
    ],
  ),
  {
    name: "training hangs, alerts are not delivered, and rules fail",
    interval: 5,
    changes: [
      ["mlstack_training_epoch", hangs],
      ["mlstack_training_checkpoint", hangs],
      ["alertmanager_notifications_failed_total", () => everyHalfMinute],
      ["vmalert_alerting_rules_errors_total", () => everyHalfMinute],
    ],
    raised: {
      [FAULT - 5]: [],
      [RAISED]: [],
      970: [
        { alert: "TrainingStuck", part: "trainer", summary: "trainer trains, but has finished no epoch for 5m." },
        {
          alert: "CheckpointTooOld",
          part: "trainer",
          summary: "The last checkpoint of trainer is 6m 10s old: what was trained since then would be lost.",
        },
        { alert: "AlertsNotDelivered", summary: "Alerts could not be delivered (4 times in 2 minutes): only the page shows them." },
        { alert: "RulesFail", summary: "Rules of alerts could not be evaluated (2 times in a minute): a fault may stay unseen." },
      ],
    },
  },
];
