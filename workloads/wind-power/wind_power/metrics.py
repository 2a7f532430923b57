"""Numbers of the steps that never end, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

from wind_power.settings import Inference

LAST_SUCCESS = Gauge("mlstack_step_last_success_timestamp_seconds", "When the step last did its work.", ["step"])
LAG = Gauge("mlstack_step_lag_rows", "Rows that wait for the step.", ["step"])
FAILURES = Counter("mlstack_step_failures_total", "Attempts of the step that failed.", ["step"])

MODEL = Gauge("mlstack_model_info", "The model in use.", ["component", "name", "version", "alias", "sha256"])
LOAD = Gauge("mlstack_model_load_seconds", "Seconds that loading the model took.", ["component"])
GOLDEN = Gauge("mlstack_golden_request_ok", "Whether the model answered known rows as it did when it was registered.", ["component"])


def model_loaded(settings: Inference, version: str, sha256: str, seconds: float) -> None:
    """Says which model `inference` uses now, and that it was proved."""
    MODEL.clear()
    MODEL.labels("inference", settings.model_name, version, settings.model_alias, sha256).set(1)
    LOAD.labels("inference").set(seconds)
    GOLDEN.labels("inference").set(1)

OTHER = "other"
"""Route of all requests that no route takes, so that strangers add no series."""
REQUESTS = Counter("mlstack_requests_total", "Requests.", ["component", "route", "code"])
SECONDS = Histogram("mlstack_request_seconds", "Time to answer.", ["component", "route"], buckets=(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
IN_FLIGHT = Gauge("mlstack_requests_in_flight", "Requests that are being answered.", ["component", "route"])
