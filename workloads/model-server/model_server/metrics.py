"""What Prometheus reads at `/metrics`; with several workers, the sum over all of them."""

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where workers share their counts; the library reads it when it is imported."""
SHARED = FOLDER in os.environ
"""Whether they do. Asked once: Feast sets the variable for itself, too late for the library to read it."""

MODEL = ["model", "version"]
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)

REQUESTS = Counter("model_server_requests_total", "Requests by path and status.", [*MODEL, "path", "status"])
SECONDS = Histogram("model_server_request_seconds", "Time to answer, by path.", [*MODEL, "path"], buckets=BUCKETS)
ROWS = Counter("model_server_rows_total", "Rows that were scored.", MODEL)
FEATURE_ROWS = Counter("model_server_feature_rows_total", "Rows whose features were looked up, by where they came from.", [*MODEL, "source"])
READY = Gauge("model_server_ready", "1 while the model may receive traffic.", MODEL, multiprocess_mode="min")


def text() -> bytes:
    """All metrics, in Prometheus' text format."""
    if not SHARED:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)
