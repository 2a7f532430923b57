"""How a step that never ends lives: turn after turn, waiting for what it needs, ending itself when it hangs."""

import faulthandler
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mlstack_common.ending import Exit, first_line
from mlstack_common.metrics import StepMetrics
from wind_power.database import TRANSIENT, Database, cause_of
from wind_power.settings import AlwaysSettings
from wind_power.step_server import StepServer

PAUSE = 1.0
"""Most seconds until a turn that had to wait is tried again."""

LOG = logging.getLogger("step")


class Waiting(Exception):
    """What the step needs is not there yet; the message names it."""


class Step:
    """One step that never ends.

    Args:
        turn: does what there is to do now, whole or not at all; gives how many rows it leaves undone.
        interval: seconds between two turns.
    """

    def __init__(self, name: str, settings: AlwaysSettings, database: Database, turn: Callable[[], int], interval: float) -> None:
        self.name, self.database, self.turn, self.interval = name, database, turn, interval
        self.stale_after, self.heartbeat = settings.step_stale_after, settings.step_heartbeat
        self.server = StepServer(settings.step_port, self.lives)
        self.stopped = threading.Event()
        self.waits_for: str | None = None
        self.last_beat = time.monotonic()
        self.metrics = StepMetrics(name)

    def run(self) -> None:
        """Turns until SIGTERM, which lets the turn end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopped.set())
        self.beat()
        threading.Thread(target=self.watch, daemon=True).start()
        self.server.start()
        while not self.stopped.is_set():
            self.rest(self.interval if self.succeeds() else min(PAUSE, self.interval))
        LOG.info("%s: stops", self.name)
        faulthandler.cancel_dump_traceback_later()

    def succeeds(self) -> bool:
        """One turn; false if it has to be tried again soon."""
        try:
            left = self.turn()
        except Waiting as reason:
            self.wait(str(reason))
            return False
        except TRANSIENT as error:
            self.metrics.failed()
            self.wait(cause_of(self.database, error))
            return False
        if self.waits_for:
            LOG.info("%s: goes on", self.name)
        self.waits_for = None
        self.metrics.succeeded(left)
        return True

    def wait(self, reason: str) -> None:
        """Says once what is waited for."""
        if reason != self.waits_for:
            LOG.warning("%s: waits: %s", self.name, reason)
        self.waits_for = reason

    def rest(self, seconds: float) -> None:
        """Nothing to do is no hang, however long it is."""
        end = time.monotonic() + seconds
        while not self.stopped.is_set():
            self.beat()
            if (left := end - time.monotonic()) <= 0:
                break
            self.stopped.wait(min(left, self.stale_after / 4))

    def beat(self) -> None:
        """The step does not hang. The second alarm needs nothing of Python, where a library keeps all its threads from running."""
        self.last_beat = time.monotonic()
        faulthandler.dump_traceback_later(self.stale_after + 5, exit=True)
        if self.heartbeat:
            touch(self.heartbeat)

    def lives(self) -> bool:
        """Whether the last success, or the last wait, is young enough."""
        return time.monotonic() - self.last_beat < self.stale_after

    def watch(self) -> None:
        """Ends a process that hangs, so that it is started again."""
        while self.lives():
            time.sleep(min(1.0, self.stale_after / 10))
        LOG.critical("%s: hangs for %g s, STEP_STALE_AFTER; ends, to be started again", self.name, self.stale_after)
        os._exit(Exit.FAILED)


def touch(file: Path) -> None:
    """A full disk ends no step: who watches the file will see that it is old."""
    try:
        file.touch()
    except OSError as error:
        LOG.warning("STEP_HEARTBEAT cannot be touched: %s", first_line(error))
