"""What the tests of the workloads share. In no image but those of the tests."""

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

PATIENCE = 600
"""Seconds after which a test gives up waiting. It only ends what hangs: a machine that is busy with other tests is slow, not wrong."""


def until(condition, limit=PATIENCE):
    """Waits for `condition`, at most `limit` seconds, and returns its value; the condition decides, not the time.

    It asks ever more seldom: asking costs the processor that what is waited for needs.
    """
    end, pause = time.monotonic() + limit, 0.01
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(pause)
        pause = min(1.3 * pause, 0.15)
    return value


def ports():
    """Ports of this process, below those that the system gives to clients: tests that run side by side never take the same."""
    first = 12_000 + 2_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw"))
    yield from itertools.cycle(range(first, first + 2_000))


PORTS = ports()


def free_port():
    """A port that no program has, and that no other test gets."""
    for port in PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def listens(port):
    """Whether a program accepts connections on `port`."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def lives(pid):
    """Whether process `pid` runs; one that has ended, but whose code was not read yet, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def children(pid):
    """Process ids of the living children of `pid`."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if lives(int(child))]


def run(*command, **env):
    """Runs a program to its end with exactly these variables, and `PATH`; gives its code and what it printed."""
    given = {"PATH": os.environ["PATH"]} | {name: str(value) for name, value in env.items()}
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


def start(*command, log=None, **options):
    """Starts a program as the head of a group, which `kill` ends with all that it starts; `log` gets what it prints."""
    with open(log, "ab") if log else contextlib.nullcontext() as output:
        return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True, **options)


def kill(process):
    """Ends a program and its whole group at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
