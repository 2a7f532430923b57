"""How far what a model is asked is from what it was trained on, for Prometheus. In the image that has numpy only.

    ShiftMetrics("model-server").measures("fraud", Window(reference, SHARED_FOLDER))
"""

from collections.abc import Iterator
from functools import cache

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from mlstack_common.metrics import compute
from mlstack_common.shift import Window


class ShiftMetrics:
    """The models of one component."""

    def __init__(self, component: str) -> None:
        self.component = component

    def measures(self, name: str, window: Window | None) -> None:
        """Names the window of a model from now on, in the place of the one before; None: its training has left no reference."""
        windows = shifts().windows
        windows.pop((self.component, name), None)
        if window is not None:
            windows[self.component, name] = window


class Shifts(Collector):
    """All windows of this process."""

    def __init__(self) -> None:
        self.windows: dict[tuple[str, str], Window] = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Both families; one without a series is not there."""
        rows = gauge("mlstack_feature_shift_rows", "Rows in the window that is compared with the model's training.", "component", "name")
        shift = gauge("mlstack_feature_shift", "Population stability index of a feature against the model's training.", "component", "name", "feature")
        for model, window in list(self.windows.items()):
            seen = window.shift()
            rows.add_metric(model, seen.rows)
            for feature, value in seen.features.items():
                shift.add_metric([*model, feature], value)
        yield from (family for family in (rows, shift) if family.samples)


def gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=labels)


@cache
def shifts() -> Shifts:
    """The one of this process, made when it is first asked for."""
    made = Shifts()
    compute(made)
    return made
