"""What Prometheus reads at `/metrics`, beside the requests."""

from prometheus_client import Counter

from mlstack_common.metrics import FeatureMetrics, ModelMetrics
from mlstack_common.shift_metrics import ShiftMetrics

NAME = "model-server"


class Metrics:
    """The numbers of this process."""

    def __init__(self, has_features: bool) -> None:
        self.model = ModelMetrics(NAME)
        self.shift = ShiftMetrics(NAME)
        self.features = FeatureMetrics(NAME, ["online", "history"]) if has_features else None
        self.rows = Counter("model_server_rows_total", "Rows that were scored.")
