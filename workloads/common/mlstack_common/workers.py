"""Several worker processes on one port: gunicorn with uvicorn workers, and what a container expects of them."""

import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from mlstack_common.ending import Exit, Failure
from mlstack_common.shared_state import SharedState
from mlstack_common.timing import FINISH, KEEP_ALIVE, LEAVE
from mlstack_common.worker import Logger, Place, Service, Worker

HUNG = 30
"""Seconds after which a worker that gives no sign of life is killed."""
MEMORY = "/dev/shm"
"""Where signs of life are kept: a disk can make a worker wait. A container has it even where its root is read-only."""
BACKLOG = 2048


@dataclass(frozen=True)
class Serving:
    """How a port is served.

    Args:
        create: makes what one worker serves; called in each worker after the fork, so that what cannot be forked, such as
            CUDA, threads and the numbers for Prometheus, belongs to the worker.
        replace_lost: whether a worker that was killed is replaced while the others serve on; otherwise all end with it, and
            the platform starts the container again. A worker that gives up ends all in either case.
        preload: imports, before the fork, the code that all workers share; large libraries are then in memory once.
        access_log: whether each request is logged by the web server.
    """

    name: str
    host: str
    port: int
    workers: int
    create: Callable[[Place], Service]
    replace_lost: bool
    preload: Callable[[], object] | None = None
    log_level: str = "INFO"
    access_log: bool = False


def serve(serving: Serving) -> int:
    """Serves until it is asked to stop; then leaves, and finishes the running requests. Logs last why a worker gave up.

    Returns:
        The exit code: 0 when it was asked to stop, otherwise that of the worker that ended it.

    Raises:
        Failure: the port cannot be had.
    """
    state = SharedState(serving.workers)
    application = Application(serving, state, listen(serving))
    numbers = tempfile.mkdtemp(prefix="metrics-") if serving.workers > 1 else None
    if numbers:
        # Before the library for Prometheus is imported, which reads it then.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = numbers
    if serving.preload:
        serving.preload()
    own = os.getpid()
    try:
        Supervisor(application).run()
        code = 0
    except SystemExit as end:
        if os.getpid() != own:  # a worker ends
            raise
        # A worker that was stopped before it had started ends with a code of gunicorn's own; the one that gave up says why.
        code = state.exit_code or (end.code if isinstance(end.code, int) else 0)
    if numbers:
        shutil.rmtree(numbers, ignore_errors=True)
    if state.failure:
        logging.getLogger(serving.name).error("%s", state.failure)
    return code


def listen(serving: Serving) -> socket.socket:
    """The socket of all workers."""
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    try:
        return socket.create_server((serving.host, serving.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Failure(Exit.NOT_STARTED, f"API_HOST, API_PORT: cannot listen on {serving.host}:{serving.port}: {error.strerror}") from error


class Application(BaseApplication):
    """gunicorn's settings; no file and no argument is read."""

    def __init__(self, serving: Serving, state: SharedState, opened: socket.socket) -> None:
        self.serving, self.state = serving, state
        self.descriptor = opened.detach()
        super().__init__()

    def load_config(self) -> None:
        level = self.serving.log_level.lower()
        options = {
            "bind": f"fd://{self.descriptor}",
            "backlog": BACKLOG,
            "workers": self.serving.workers,
            "worker_class": Worker,
            "logger_class": Logger,
            "loglevel": level,
            "timeout": HUNG,
            "graceful_timeout": ceil(LEAVE) + FINISH + 1,
            "keepalive": KEEP_ALIVE,
            "worker_tmp_dir": MEMORY,
            "control_socket_disable": True,
            "proc_name": self.serving.name,
            "child_exit": look_after,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> None:
        """Called by no one: each worker makes its own application."""
        raise NotImplementedError


def look_after(supervisor: "Supervisor", worker: Worker) -> None:
    """Called when a worker has ended, unless with a code on which gunicorn itself ends: 3 or 4."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # its gauges no longer count
    if supervisor.stopping:
        return
    application = worker.app
    if application.state.exit_code:
        raise HaltServer("a worker gave up", application.state.exit_code)
    if not application.serving.replace_lost:
        raise HaltServer("a worker is lost", Exit.FAILED)


class Supervisor(Arbiter):
    """gunicorn's arbiter; knows that it is stopping, and then waits for all workers whatever codes they end with."""

    stopping = False

    def stop(self, graceful: bool = True) -> None:
        self.stopping = True
        while True:
            try:
                return super().stop(graceful)
            except HaltServer:  # a second worker gave up while all were ending because of the first
                continue
