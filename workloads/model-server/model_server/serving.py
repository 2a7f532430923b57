"""What this process serves, and why it does not."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from model_server.board import Board
from model_server.failure import REFUSED, UNREACHABLE, Refused, Unreachable, first_line
from model_server.load import load
from model_server.model import Model
from model_server.settings import Settings

if TYPE_CHECKING:
    from model_server.feast_features import Features

log = logging.getLogger("model-server")

ATTEMPTS = 3
"""How often a version that was refused is fetched again: a proxy or a disk may have garbled it on the way."""

PAUSE = 1.0
"""Seconds between two attempts."""


class Serving:
    """The model, once it is loaded. Loading runs beside the server, which tells meanwhile why it is not ready."""

    def __init__(self, settings: Settings, board: Board, worker: int) -> None:
        self.settings, self.board, self.worker = settings, board, worker
        self.model: Model | None = None
        self.features: Features | None = None
        self.leaving = False
        self.exit_code = 0
        self.problem = f"{settings.title} is being loaded"
        self.stopped = threading.Event()

    def not_ready(self) -> str | None:
        """Why no traffic should come here; None when it may. A door that several workers share opens when all are ready."""
        if self.leaving:
            return "asked to stop"
        if self.model is None:
            return self.problem
        return None if self.board.all_ready() else "other workers are still loading"

    def start(self, give_up: Callable[[], None]) -> None:
        """Begins to load; calls `give_up` when that cannot succeed any more."""
        threading.Thread(target=self.load, args=[give_up], daemon=True).start()

    def load(self, give_up: Callable[[], None]) -> None:
        end = time.monotonic() + self.settings.registry_wait
        refusals = 0
        model: Model | None = None
        while not self.stopped.is_set():
            started = time.monotonic()
            try:
                model = model or load(self.settings)
                self.features = self.feature_service(model.columns)
                self.model = model
                self.board.ready(self.worker)
                log.info("%s is ready: %d columns, loaded in %.2f s", self.settings.title, len(self.model.columns), time.monotonic() - started)
                return
            except Unreachable as error:
                self.note(str(error))
                self.exit_code = UNREACHABLE if time.monotonic() >= end else 0
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not leave a server that waits for ever
                refusals += 1
                self.note(str(error) if isinstance(error, Refused) else f"{type(error).__name__}: {first_line(error)}")
                self.exit_code = REFUSED if refusals >= ATTEMPTS else 0
            if self.exit_code:
                self.board.give_up(self.problem)
                give_up()
                return
            self.stopped.wait(PAUSE)

    def feature_service(self, columns: list[str]) -> "Features | None":
        """Where the features of entities come from; None where the deployment has no feature store."""
        if self.settings.feast_registry_uri is None:
            return None
        from model_server.feast_features import Features  # here: the minimal image has no Feast

        return Features(self.settings, columns)

    def note(self, problem: str) -> None:
        """Keeps the reason for whoever asks, and logs it once."""
        problem = f"{self.settings.title} is not served: {problem}"
        if problem != self.problem:
            log.warning("%s", problem)
        self.problem = problem
