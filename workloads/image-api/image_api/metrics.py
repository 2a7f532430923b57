"""What Prometheus reads at `/metrics`, over all workers of the container."""

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Counter("image_api_requests_total", "Requests by path and status.", ["path", "status"])
SECONDS = Histogram("image_api_request_seconds", "Time to answer, by path.", ["path"], buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5))
CACHED = Counter("image_api_cache_total", "Looks for an answer that was given before, by result.", ["result"])
LOADED = Gauge("image_api_workers_loaded", "Workers that have loaded the model.", multiprocess_mode="livesum")


def text() -> bytes:
    """All numbers; those of several workers are added up."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return generate_latest(registry)
