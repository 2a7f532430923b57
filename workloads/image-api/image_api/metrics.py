"""What Prometheus reads at `/metrics`, beside the requests, over all workers of the container."""

from prometheus_client import Counter, Gauge

from mlstack_common.metrics import ModelMetrics

NAME = "image-api"

MODEL = ModelMetrics(NAME)
CACHED = Counter("image_api_cache_total", "Lookups in the cache of answers, by result.", ["result"])
LOADED = Gauge("image_api_workers_loaded", "Workers that have loaded the model.", multiprocess_mode="livesum")
