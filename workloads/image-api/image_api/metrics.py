"""What Prometheus reads at `/metrics`, over all workers of the container."""

from prometheus_client import Counter, Gauge

from mlstack_common.metrics import RequestMetrics

REQUESTS = RequestMetrics("image_api", buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5))
CACHED = Counter("image_api_cache_total", "Lookups in the cache of answers, by result.", ["result"])
LOADED = Gauge("image_api_workers_loaded", "Workers that have loaded the model.", multiprocess_mode="livesum")
