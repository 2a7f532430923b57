"""What Prometheus reads at `/metrics`, for one version of one model."""

from prometheus_client import Counter, Gauge

from mlstack_common.metrics import RequestMetrics

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
MODEL = ["model", "version"]


class Metrics:
    """The numbers of this process; all have the labels `model` and `version`."""

    def __init__(self, model: str, version: str) -> None:
        self._labels = {"model": model, "version": version}
        self._feature_rows = Counter("model_server_feature_rows_total", "Rows whose features were looked up, by their source.", [*MODEL, "source"])
        self.requests = RequestMetrics("model_server", BUCKETS, self._labels)
        self.rows = Counter("model_server_rows_total", "Rows that were scored.", MODEL).labels(**self._labels)
        self.ready = Gauge("model_server_ready", "1 while the model may receive traffic.", MODEL, multiprocess_mode="min").labels(**self._labels)

    def count_features(self, source: str, rows: int) -> None:
        """Counts rows whose features came from `source`."""
        self._feature_rows.labels(**self._labels, source=source).inc(rows)
