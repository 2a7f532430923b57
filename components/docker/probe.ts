import {
  type CompleteProbe,
  type Duration,
  type Hang,
  nothingLeft,
  type Question,
  toMilliseconds,
  unreachable,
} from "../workload/adapter/index.ts";
import type * as docker from "./provider.ts";

/** A probe as Docker's health check. @param hang what a container is to answer so that it is not killed, and so started again */
export function healthcheckOf(probe: CompleteProbe, hang?: Hang): docker.inputs.ContainerHealthcheck {
  // Until its first success a container is asked by `ReadinessCheck`.
  const { interval, startInterval: _asked, timeout, failureThreshold, startupGrace, ...question } = probe;
  const tests = testOf(question);
  return {
    tests: hang === undefined ? tests : killing(tests, hang, 3 * (toMilliseconds(interval) + toMilliseconds(timeout))),
    interval: goDuration(interval),
    timeout: goDuration(timeout),
    retries: failureThreshold,
    startPeriod: goDuration(startupGrace),
  };
}

/**
 * Docker runs health checks inside the container and has no HTTP or TCP check: the equivalent is one small script that
 * uses the first client the image has, and says so when it has none.
 */
function testOf(question: Question): string[] {
  switch (question.kind) {
    case "http": {
      const { kind: _, port, path, ...rest } = question;
      nothingLeft(rest);
      return ["CMD", "sh", "-c", HTTP_CHECK, "probe", String(port), path];
    }
    case "tcp": {
      const { kind: _, port, ...rest } = question;
      nothingLeft(rest);
      return ["CMD", "sh", "-c", TCP_CHECK, "probe", String(port)];
    }
    case "exec": {
      const { kind: _, command, ...rest } = question;
      nothingLeft(rest);
      return ["CMD", ...command];
    }
    default:
      return unreachable(question);
  }
}

/**
 * Docker starts a container again that ends, and never one that hangs: the equivalent is a check that kills what has not been alive
 * for so long. `/dev/shm` is new with each start. Signal 9 reaches processes that are stopped, too.
 */
function killing([how = "CMD", ...check]: string[], { alive, restartAfter }: Hang, pause: number): string[] {
  const [, ...asked] = alive === undefined ? [] : testOf(alive);
  const seconds = [toMilliseconds(restartAfter), Math.max(pause, SHORTEST_PAUSE)].map((time) => String(Math.ceil(time / 1000)));
  return [how, "sh", "-c", KILLING_CHECK, "probe", ...seconds, asked.map(quotedForShell).join(" "), ...check];
}

/** Milliseconds without a check, at least, until the time of a hang begins again; an engine with much to do is late. */
const SHORTEST_PAUSE = 60_000;

/**
 * A check that hangs is ended by the engine: so its failure is noted before it, and taken back behind it. The note has the time of
 * the first failure and of the last: where no check was made for a while, as on a machine that slept, time begins again.
 */
const KILLING_CHECK = `
limit=$1 pause=$2 alive=$3 note=/dev/shm/.not-alive; shift 3
now=$(date +%s) since= last=
[ ! -e $note ] || read -r since last < $note
[ -n "$last" ] && [ $((now - last)) -le "$pause" ] || since=$now
echo "$since $now" > $note
if [ $((now - since)) -ge "$limit" ]; then
  echo "not alive for $limit s: killed, to be started again"
  kill -KILL -1
fi
if [ -n "$alive" ]; then
  if eval "$alive"; then rm -f $note; fi
  exec "$@"
fi
"$@"; code=$?
[ $code -ne 0 ] || rm -f $note
exit $code`.trim();

function quotedForShell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Port that a health check asks by HTTP; undefined for any other check. */
export function httpPortIn(test: readonly string[] = []): number | undefined {
  const script = test.indexOf(HTTP_CHECK);
  const port = script < 0 ? undefined : Number(test[script + 2]);
  return port !== undefined && Number.isInteger(port) ? port : undefined;
}

/** bash first: it opens the connection itself, so that a check every second costs almost nothing. */
const HTTP_CHECK = `
if command -v bash >/dev/null; then
  exec bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET %s HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n" "$2" >&3 && read -r _ code _ <&3 && echo "$code" && [[ $code == [23]?? ]]' probe "$1" "$2"
elif command -v curl >/dev/null; then exec curl -fsS -o /dev/null "http://127.0.0.1:$1$2"
elif command -v wget >/dev/null; then exec wget -q -O /dev/null "http://127.0.0.1:$1$2"
fi
echo "an http probe on Docker needs bash, curl or wget in the image; use an exec probe"; exit 1`.trim();

const TCP_CHECK = `
if command -v bash >/dev/null; then exec bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"' probe "$1"
elif command -v nc >/dev/null; then exec nc -z 127.0.0.1 "$1"
fi
echo "a tcp probe on Docker needs bash or nc in the image; use an exec probe"; exit 1`.trim();

/**
 * A time as Go prints it (`"1m0s"`, not `"60s"`): the provider reads times back in that form, and any other would show
 * as a change that never ends.
 */
export function goDuration(value: Duration): string {
  const total = toMilliseconds(value);
  if (total === 0) return "0s";
  if (total < 1000) return `${total}ms`;
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor((total % 3_600_000) / 60_000);
  const seconds = (total % 60_000) / 1000;
  return `${hours > 0 ? `${hours}h` : ""}${hours > 0 || minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}
