"""What Prometheus reads at `/metrics`, beside the requests."""

from prometheus_client import Gauge

from mlstack_common.metrics import FeatureMetrics, ModelMetrics

NAME = "feature-api"

FEATURES = FeatureMetrics(NAME, ["redis", "parquet"])
MODEL = ModelMetrics(NAME)
REDIS_UP = Gauge("feature_api_redis_up", "1 while Redis answers, 0 while Parquet answers in its place, -1 when Redis is not used.")
