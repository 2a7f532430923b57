"""Follows the alias of a model in a thread of its own, so that a registry that is slow or away delays no prediction."""

import logging
import shutil
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlstack_common.ending import first_line
from mlstack_common.metrics import ModelMetrics
from mlstack_common.reference import FILE
from mlstack_common.shift import Window, read_window
from mlstack_common.shift_metrics import ShiftMetrics
from wind_power.settings import Inference

if TYPE_CHECKING:
    import lightgbm

LOG = logging.getLogger("model")


@dataclass(frozen=True)
class Loaded:
    """A version that is loaded and proved."""

    version: str
    booster: "lightgbm.Booster"
    window: Window | None = None
    """Compares what it is asked with its training; None where that left nothing to compare with."""


class Follower:
    """`loaded` is the newest version of the alias that could be loaded; `trouble` is why there is none, or not the newest."""

    def __init__(self, settings: Inference) -> None:
        self.settings = settings
        self.title = f"{settings.model_name}@{settings.model_alias}"
        self.metrics, self.shift = ModelMetrics("inference"), ShiftMetrics("inference")
        self.loaded: Loaded | None = None
        self.trouble: str | None = f"{self.title} is not loaded yet"

    def start(self) -> None:
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self) -> None:
        """Looks again and again. Whatever a library raises, the model that is loaded stays in use."""
        while True:
            try:
                trouble = self.look()
            except Exception as error:  # noqa: BLE001  the thread must outlive every failure
                trouble = self.cause_of(error)
            if trouble and trouble != self.trouble:
                LOG.warning("%s%s", trouble, f"; goes on with version {self.loaded.version}" if self.loaded else "")
            self.trouble = trouble
            time.sleep(self.settings.poll_interval if self.loaded else min(1.0, self.settings.poll_interval))

    def look(self) -> str | None:
        """Loads the version of the alias if it is another one; gives what is missing."""
        from wind_power import registry  # MLflow and LightGBM take seconds: the step answers its probes meanwhile

        client = registry.connect(self.settings)
        version = registry.version_of(client, self.settings)
        if version is None:
            return f"{self.title}: no version has this alias; `train` sets it"
        if self.loaded is None or self.loaded.version != str(version.version):
            self.load(version)
        return None

    def load(self, version) -> None:  # noqa: ANN001  MLflow's class, which is not loaded here
        from wind_power import model, registry

        started = time.perf_counter()
        folder = registry.download(version)
        try:
            sha256 = version.tags.get(model.SHA256)
            booster = model.load(folder, sha256)
            window = read_window(folder / FILE, model.FEATURES) if (folder / FILE).exists() else None
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.loaded = Loaded(str(version.version), booster, window)
        seconds = time.perf_counter() - started
        self.metrics.loaded(version.name, self.loaded.version, seconds, self.settings.model_alias, sha256)
        self.metrics.golden(version.name, True)  # a version that fails it is not taken
        self.shift.measures(version.name, window)
        LOG.info("%s: version %s is loaded", self.title, self.loaded.version)

    def cause_of(self, error: Exception) -> str:
        from wind_power import registry

        if isinstance(error, registry.MlflowException):
            return registry.refusal_of(self.settings, error)
        return f"{self.title}: {type(error).__name__}: {first_line(error)}"
