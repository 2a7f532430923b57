"""The one contract of metrics: what all workloads call the same thing. docs/metrics.md lists names, labels and meaning.

A server takes the part for requests from `measure`. For all else there is an object here for each thing that a workload has:

    model = ModelMetrics("model-server")
    model.loaded("fraud", "3", seconds=0.8, sha256=checksum)
    step = StepMetrics("inference")
    step.succeeded(lag_rows=0)

A family exists in a process as soon as one of its objects does, and a series once its value is known: none says 0 for "not known yet".
Of several workers of a container the numbers are added up; of a gauge, those of the workers that live.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from mlstack_common.started import STARTED

__all__ = ["CONTENT_TYPE_LATEST", "FeatureMetrics", "ModelMetrics", "ReadyMetrics", "RequestMetrics", "StepMetrics", "TrainingMetrics", "exposition"]

disable_created_metrics()  # a second series for each one, of when it began: the scrapers that read this format do not use it

SHARED = "PROMETHEUS_MULTIPROC_DIR" in os.environ
"""Whether several workers share their numbers. Asked once, as the library does: Feast sets the variable for itself, too late."""

SHARED_FOLDER = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]) if SHARED else None
"""Where they do."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper bounds of the histogram, in seconds: of a lookup in memory, and of a picture that a slow model looks at. The same for all
servers, so that they can be added up and compared."""

_before_exposition: list[Callable[[], None]] = []
_computed: list[Collector] = []


@cache
def counter(name: str, text: str, *labels: str) -> Counter:
    """A family of this process, made when it is first asked for."""
    return Counter(name, text, labels)


@cache
def gauge(name: str, text: str, *labels: str, mode: str = "livemax") -> Gauge:
    """The same; `mode` says what becomes of the values of several workers."""
    return Gauge(name, text, labels, multiprocess_mode=mode)


@cache
def histogram(name: str, text: str, *labels: str) -> Histogram:
    return Histogram(name, text, labels, buckets=BUCKETS)


def compute(collector: Collector) -> None:
    """Adds families that are made whenever the numbers are read, by the process that answers, and kept nowhere: a series can end."""
    REGISTRY.register(collector)
    _computed.append(collector)


class Starts(Collector):
    """When the container began, one time for all its processes, as each `component`, `step` or `rank` of this one."""

    def __init__(self) -> None:
        self.parts: dict[tuple[str, str], float] = {}
        compute(self)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("mlstack_started_timestamp_seconds", "When the container's processes began, since 1970.")
        for (label, value), began in self.parts.items():
            family.add_sample(family.name, {label: value}, began)
        yield family


@cache
def starts() -> Starts:
    """The one of this process, made when it is first asked for."""
    return Starts()


class RequestMetrics:
    """Requests of one server: how many, how long, how many now."""

    def __init__(self, component: str) -> None:
        self.component = component
        self._requests = counter("mlstack_requests_total", "Requests by route and status.", "component", "route", "code")
        self._seconds = histogram("mlstack_request_seconds", "Seconds until a request was answered, by route.", "component", "route")
        self._running = gauge("mlstack_requests_in_flight", "Requests that are being answered now.", "component", "route", mode="livesum")

    def began(self, route: str) -> None:
        """Counts a request that runs, until it `ended`."""
        self._running.labels(self.component, route).inc()

    def ended(self, route: str, code: int, seconds: float) -> None:
        """Counts a request that has been answered, or has failed."""
        self._running.labels(self.component, route).dec()
        self._requests.labels(self.component, route, code).inc()
        self._seconds.labels(self.component, route).observe(seconds)


class ReadyMetrics:
    """Whether a server may receive traffic, asked whenever the numbers are read."""

    def __init__(self, component: str, is_ready: Callable[[], bool]) -> None:
        # Of several workers it is the last word: the one that answers has just asked for all.
        ready = gauge("mlstack_ready", "1 while the server may receive traffic.", "component", mode="livemostrecent").labels(component)
        _before_exposition.append(lambda: ready.set(is_ready()))
        starts().parts["component", component] = STARTED


class ModelMetrics:
    """The models that a component answers with."""

    def __init__(self, component: str) -> None:
        self.component = component
        self._info = gauge("mlstack_model_info", "1 for each model that is loaded.", "component", "name", "version", "alias", "sha256")
        self._seconds = gauge("mlstack_model_load_seconds", "Seconds that loading the model took.", "component", "name")
        self._golden = gauge("mlstack_golden_request_ok", "1 while the model answers the known question rightly.", "component", "name", mode="livemin")
        self._loaded: dict[str, tuple[str, str, str]] = {}

    def loaded(self, name: str, version: str, seconds: float | None = None, alias: str = "", sha256: str = "") -> None:
        """Names the version that answers from now on, in the place of the one before.

        Args:
            seconds: how long loading took, where this process knows it.
            alias: by which the version was found; empty for one that was named by its number.
            sha256: checksum of the version's files, in hexadecimal digits; empty where there is none.
        """
        version_now = (version, alias, sha256)
        if (before := self._loaded.get(name)) and before != version_now:
            self._forget(name, before)
        self._loaded[name] = version_now
        self._info.labels(self.component, name, *version_now).set(1)
        if seconds is not None:
            self._seconds.labels(self.component, name).set(seconds)

    def golden(self, name: str, ok: bool) -> None:
        """Notes whether the model has just given the answer that it must give."""
        self._golden.labels(self.component, name).set(ok)

    def _forget(self, name: str, version: tuple[str, str, str]) -> None:
        if SHARED:  # a series in a file that workers share cannot be taken out
            self._info.labels(self.component, name, *version).set(0)
        else:
            self._info.remove(self.component, name, *version)


class FeatureMetrics:
    """Features that a component looks up, by the store that they come from."""

    def __init__(self, component: str, sources: Iterable[str]) -> None:
        self.component = component
        self._reads = counter("mlstack_feature_reads_total", "Rows of features that were looked up, by source.", "component", "source")
        self._misses = counter("mlstack_feature_misses_total", "Rows that no source has features of.", "component").labels(component)
        self._age = gauge("mlstack_feature_age_seconds", "Age of the features that were read last.", "component", "source", mode="livemostrecent")
        self._made: dict[str, float] = {}
        for source in sources:
            self._reads.labels(component, source)
        _before_exposition.append(self._grow_older)

    def read(self, source: str, rows: int = 1, made: float | None = None) -> None:
        """Counts rows from `source`.

        Args:
            made: when the oldest of these features was made, in seconds since 1970; where it is known.
        """
        self._reads.labels(self.component, source).inc(rows)
        if made is not None:
            self._made[source] = made

    def missed(self, rows: int = 1) -> None:
        """Counts rows that no source has features of."""
        self._misses.inc(rows)

    def _grow_older(self) -> None:
        for source, made in self._made.items():
            self._age.labels(self.component, source).set(max(0.0, time.time() - made))


class StepMetrics:
    """A step of a pipeline that runs again and again."""

    def __init__(self, step: str) -> None:
        self.step = step
        self._success = gauge("mlstack_step_last_success_timestamp_seconds", "When the step last did what it should, since 1970.", "step")
        self._lag = gauge("mlstack_step_lag_rows", "Rows that wait for the step.", "step")
        self._failures = counter("mlstack_step_failures_total", "Attempts of the step that failed.", "step").labels(step)
        starts().parts["step", step] = STARTED

    def succeeded(self, lag_rows: int | None = None) -> None:
        """Notes that the step has just done what it should, and how many rows still wait, where it knows."""
        self._success.labels(self.step).set_to_current_time()
        if lag_rows is not None:
            self.lags(lag_rows)

    def lags(self, rows: int) -> None:
        """Notes how many rows wait for the step, also while it fails."""
        self._lag.labels(self.step).set(rows)

    def failed(self) -> None:
        """Counts an attempt that failed."""
        self._failures.inc()


class TrainingMetrics:
    """One rank of a training of so many epochs."""

    def __init__(self, rank: int, epochs: int) -> None:
        self.rank = str(rank)
        gauge("mlstack_training_epochs", "Epochs that the rank is to train.", "rank").labels(self.rank).set(epochs)
        self._epoch = gauge("mlstack_training_epoch", "Last epoch that the rank has finished.", "rank")
        self._loss = gauge("mlstack_training_loss", "Loss over all ranks after that epoch.", "rank")
        self._together = gauge("mlstack_training_together", "1 when all ranks have met, 0 while the rank waits for others.", "rank")
        self._together.labels(self.rank).set(0)
        starts().parts["rank", self.rank] = STARTED

    def met(self) -> None:
        """Notes that all ranks have met."""
        self._together.labels(self.rank).set(1)

    def finished(self, epoch: int, loss: float | None = None) -> None:
        """Notes the end of an epoch; one that is resumed from a checkpoint has no loss yet."""
        self._epoch.labels(self.rank).set(epoch)
        if loss is not None:
            self._loss.labels(self.rank).set(loss)

    def saved(self, when: float | None = None) -> None:
        """Notes that a checkpoint has been written, now or `when`, in seconds since 1970."""
        checkpoint = gauge("mlstack_training_checkpoint_timestamp_seconds", "When the last checkpoint was written, since 1970.")
        checkpoint.set(time.time() if when is None else when)


def exposition() -> bytes:
    """All numbers in Prometheus' text format, whose content type is `CONTENT_TYPE_LATEST`; those of several workers are added up."""
    for refresh in _before_exposition:
        refresh()
    if not SHARED:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    for collector in _computed:
        registry.register(collector)
    return generate_latest(registry)
