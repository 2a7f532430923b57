"""One worker process under gunicorn."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger as GunicornLogger
from uvicorn_worker import UvicornWorker

from mlstack_common.shared_state import SharedState
from mlstack_common.timing import FINISH
from mlstack_common.web import LeavingServer

SIGN_OF_LIFE = 1
"""Seconds between two signs of life."""

Stop = Callable[[int, str], None]
"""Ends all workers with this exit code; the reason, if any, becomes the last line of the log."""


class Place:
    """A worker's place among the others."""

    def __init__(self, number: int, state: SharedState) -> None:
        self.number = number
        self._state = state

    def set_ready(self) -> None:
        """Notes that this worker can answer."""
        self._state.set_ready(self.number)

    @property
    def all_ready(self) -> bool:
        """Whether all workers that the container began with have been able to answer."""
        return self._state.all_ready


class Service(Protocol):
    """What a worker serves."""

    app: Any
    """The ASGI application."""

    def start(self, stop: Stop) -> None:
        """Begins to load what is not loaded yet; returns at once."""

    def leave(self) -> float:
        """See `LeavingServer`."""

    def is_ready(self) -> bool:
        """Whether it can answer. A worker that replaces a lost one accepts nothing before."""


class Logger(GunicornLogger):
    """Sends gunicorn's lines where all others go."""

    def setup(self, cfg) -> None:
        super().setup(cfg)
        for one in (self.error_log, self.access_log):
            one.handlers.clear()
            one.propagate = True


class Worker(UvicornWorker):
    """Makes its application after the fork, and accepts at once, ready or not; a worker that replaces a lost one accepts when
    it is ready, so that the others answer meanwhile."""

    CONFIG_KWARGS: ClassVar = {
        "loop": "asyncio",
        "http": "httptools",
        "timeout_graceful_shutdown": FINISH,
        "proxy_headers": False,
    }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.config.timeout_notify = SIGN_OF_LIFE
        # The web server logs requests where the logger has a handler, its own or one above it.
        for name, wanted in (("uvicorn.error", True), ("uvicorn.access", self.app.serving.access_log)):
            one = logging.getLogger(name)
            one.handlers, one.propagate = [], wanted

    def load_wsgi(self) -> None:
        self.replaces = self.app.state.all_ready
        self.service: Service = self.app.serving.create(Place(self.age, self.app.state))
        self.wsgi = self.service.app

    async def _serve(self) -> None:
        self.config.app = self.wsgi
        server = LeavingServer(self.config, self.service.leave)
        self._install_sigquit_handler()
        self.server = server
        code = 0

        def stop(given: int, reason: str) -> None:
            nonlocal code
            code = given
            self.app.state.give_up(given, reason)
            server.should_exit = True

        self.service.start(stop)
        while self.replaces and not self.service.is_ready() and not code:
            self.notify()
            await asyncio.sleep(0.1)
        await server.serve(sockets=self.sockets)
        if code:
            sys.exit(code)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

    async def callback_notify(self) -> None:
        """Gives a sign of life; stops when gunicorn is gone, since no process would ever ask it to."""
        self.notify()
        if os.getppid() != self.ppid:
            self.server.should_exit = True
