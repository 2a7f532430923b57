"""What Prometheus reads at `/metrics`: the sum over all workers of the container."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

REQUESTS = Counter("classifier_requests_total", "Requests by path and status.", ["path", "status"])
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
SECONDS = Histogram("classifier_request_seconds", "Time to answer, by path.", ["path"], buckets=BUCKETS)
PREDICTIONS = Counter("classifier_predictions_total", "Predictions by model and label.", ["model", "label"])
MODEL_UP = Gauge("classifier_model_up", "1 while every worker gets right answers from the model.", ["model"], multiprocess_mode="livemin")
UPLOADS = Gauge("classifier_uploads_bytes", "Bytes of uploads that are being read.", multiprocess_mode="livesum")

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Variable that names the folder through which the workers share their numbers; the supervisor sets it."""


def exposition() -> bytes:
    """The numbers of all workers."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return generate_latest(registry)
