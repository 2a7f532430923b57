"""One worker process under gunicorn."""

import asyncio
import logging
import sys
from typing import ClassVar

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger as GunicornLogger
from uvicorn_worker import UvicornWorker

from image_api.app import create_app
from image_api.classifier import Classifier
from image_api.server import FINISH, Server


class Logger(GunicornLogger):
    """Sends gunicorn's lines where all others go."""

    def setup(self, cfg) -> None:
        super().setup(cfg)
        for one in (self.error_log, self.access_log):
            one.handlers.clear()
            one.propagate = True


class Worker(UvicornWorker):
    """Loads a model of its own, after the fork: CUDA cannot be forked, and PyTorch's threads would be lost.

    A worker that stands in for a lost one accepts nothing before it has loaded, so that the others answer meanwhile.
    """

    CONFIG_KWARGS: ClassVar = {
        "loop": "asyncio",
        "http": "httptools",
        "access_log": False,
        "timeout_graceful_shutdown": FINISH,
        "proxy_headers": False,
    }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        one = logging.getLogger("uvicorn.error")
        one.handlers, one.propagate = [], True

    def load_wsgi(self) -> None:
        settings, fleet = self.app.settings, self.app.fleet
        stands_in = fleet.complete
        self.classifier = Classifier(settings)
        self.wsgi = create_app(settings, self.classifier, fleet)
        self.classifier.start(then=lambda: fleet.has_loaded(self.age))
        self.waits = stands_in

    async def _serve(self) -> None:
        if self.waits:
            await self.until_loaded()
        self.config.app = self.wsgi
        server = Server(self.config, self.wsgi)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

    async def until_loaded(self) -> None:
        """Waits for the model, and tells gunicorn that the worker lives."""
        while not await asyncio.to_thread(self.classifier.loaded.wait, 1):
            self.notify()
