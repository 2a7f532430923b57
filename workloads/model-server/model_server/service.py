"""What one worker serves, and why it does not."""

import logging
import threading
import time
from typing import TYPE_CHECKING

from mlstack_common.ending import Exit, first_line
from mlstack_common.timing import LEAVE
from mlstack_common.worker import Place, Stop
from model_server.app import create_app
from model_server.errors import Refused, Unreachable, WrongAnswer
from model_server.load import load
from model_server.metrics import Metrics
from model_server.model import Model
from model_server.question import Question
from model_server.settings import Settings

if TYPE_CHECKING:
    from model_server.feast_features import Features

log = logging.getLogger("model-server")

ATTEMPTS = 3
"""How often a version that was refused is fetched again: a proxy or a disk may have damaged it on the way."""

PAUSE = 1.0
"""Seconds between two attempts."""


class ModelService:
    """The model, once it is loaded. Loading runs beside the server, which reports meanwhile why it is not ready."""

    def __init__(self, settings: Settings, place: Place) -> None:
        self.settings = settings
        self.metrics = Metrics(has_features=settings.feast_registry_uri is not None)
        self.model: Model | None = None
        self.features: Features | None = None
        self.problem = f"{settings.title} is being loaded"
        self._place = place
        self._stopping = threading.Event()
        self.app = create_app(self)

    @property
    def leaving(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopping.is_set()

    def not_ready(self) -> str | None:
        """Why no traffic should come here; None when it may. A port that several workers share is ready when all are."""
        if self.leaving:
            return "asked to stop"
        if self.model is None:
            return self.problem
        return None if self._place.all_ready else "other workers are still loading"

    def is_ready(self) -> bool:
        return self.not_ready() is None

    def answer(self, model: Model, question: Question) -> list[float]:
        """One prediction for each row, which is counted and compared with the training.

        Raises:
            WrongQuestion: see `Model.predict`.
        """
        table = model.table(question)
        predictions = model.score(table)
        self.metrics.rows.inc(len(predictions))
        if model.window is not None:
            model.window.add(table)
        return predictions

    def start(self, stop: Stop) -> None:
        """Begins to load; calls `stop` when that cannot succeed any more."""
        threading.Thread(target=self._load, args=[stop], daemon=True).start()

    def leave(self) -> float:
        """A server that was never ready has no traffic to wait for."""
        ready = self.is_ready()
        self._stopping.set()
        return LEAVE if ready else 0

    def _load(self, stop: Stop) -> None:
        end = time.monotonic() + self.settings.registry_wait
        refusals = 0
        model: Model | None = None
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                model = model or load(self.settings)
                self.features = self._features_for(model.columns)
                self.model = model
                self._note_loaded(model, time.monotonic() - started)
                return
            except Unreachable as error:
                self._report(str(error))
                if time.monotonic() >= end:
                    return stop(Exit.UNREACHABLE, self.problem)
            except Exception as error:  # noqa: BLE001 - no error may leave a server that waits for ever
                refusals += 1
                if isinstance(error, WrongAnswer):
                    self.metrics.model.golden(self.settings.model_name, False)
                self._report(str(error) if isinstance(error, Refused) else f"{type(error).__name__}: {first_line(error)}")
                if refusals >= ATTEMPTS:
                    return stop(Exit.DATA, self.problem)
            self._stopping.wait(PAUSE)

    def _note_loaded(self, model: Model, seconds: float) -> None:
        """Says to all who ask that the version answers from now on."""
        numbers, name = self.metrics.model, self.settings.model_name
        numbers.loaded(name, str(self.settings.model_version), seconds, sha256=model.sha256)
        numbers.golden(name, True)
        self.metrics.shift.measures(name, model.window)
        self._place.set_ready()
        log.info("%s is ready: %d columns, loaded in %.2f s", self.settings.title, len(model.columns), seconds)

    def _features_for(self, columns: list[str]) -> "Features | None":
        """Where the features of entities come from; None where the deployment has no feature store."""
        if self.settings.feast_registry_uri is None:
            return None
        from model_server.feast_features import Features  # here: the minimal image has no Feast

        return Features(self.settings, columns)

    def _report(self, problem: str) -> None:
        """Keeps the reason for `/ready`, and logs it once."""
        problem = f"{self.settings.title} is not served: {problem}"
        if problem != self.problem:
            log.warning("%s", problem)
        self.problem = problem
