export const SMALL = { cpu: 0.2, memory: "160Mi" } as const;

/** A container of the base image that runs a script. */
export const shell = (script: string, changes = {}) => ({ command: ["bash", "-c", script], resources: SMALL, ...changes });

/** Listens on a port and prints every line that it receives; perl is part of every Debian image. */
export const listen = (port = 8080) =>
  `exec perl -MIO::Socket::INET -e '$|=1; $s=IO::Socket::INET->new(LocalPort=>${port},Listen=>5,ReuseAddr=>1) or die; while($c=$s->accept){print "heard: $_" while <$c>; close $c}'`;
export const READY = `touch /tmp/ready; ${listen()}`;

/** Ready once `/tmp/ready` is there. */
export const ready = (changes = {}) => ({
  kind: "exec" as const,
  command: ["test", "-f", "/tmp/ready"],
  interval: "1s" as const,
  ...changes,
});

/** An ask for one service, `web`. */
export const service = (container = shell(READY), changes = {}) => ({
  services: { web: { container, port: 8080, readiness: ready(), startBudget: "20s" as const, ...changes } },
});
