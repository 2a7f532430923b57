"""What Prometheus reads at `/metrics`."""

from prometheus_client import Counter, Gauge

from mlstack_common.metrics import RequestMetrics

REQUESTS = RequestMetrics("feature_api", buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1))
READS = Counter("feature_api_reads_total", "Feature reads by the store that answered.", ["source"])
REDIS_UP = Gauge("feature_api_redis_up", "1 while Redis answers, 0 while Parquet answers in its place, -1 when Redis is not used.")
