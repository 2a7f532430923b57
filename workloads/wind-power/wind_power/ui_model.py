"""What the page shows of the model: asked in a thread of its own, so that a registry that is slow or away delays no page."""

import threading
import time

from mlstack_common.ending import first_line
from wind_power.settings import Ui

INTERVAL = 10
"""Seconds between two questions to the registry."""


class ModelFacts:
    """`facts` are pairs of a name and a value, or empty while nothing is known; `trouble` is why they are not of now."""

    def __init__(self, settings: Ui) -> None:
        self.settings = settings
        self.facts: list[tuple[str, str]] = []
        self.trouble: str | None = "MLFLOW_TRACKING_URI is not given" if settings.mlflow_tracking_uri is None else "MLflow was not asked yet"

    def start(self) -> None:
        if self.settings.mlflow_tracking_uri is not None:
            threading.Thread(target=self.follow, daemon=True).start()

    def follow(self) -> None:
        """Asks again and again. Whatever a library raises, the page shows what was known."""
        while True:
            try:
                self.trouble = self.ask()
            except Exception as error:  # noqa: BLE001  the thread must outlive every failure
                self.trouble = f"MLflow does not answer: {first_line(error)[:200]}"
            time.sleep(INTERVAL)

    def ask(self) -> str | None:
        from wind_power import registry  # MLflow takes seconds to load: the page answers meanwhile

        settings, client = self.settings, registry.connect(self.settings)
        version = registry.version_of(client, settings)
        if version is None:
            return f"no version of {settings.model_name} has the alias {settings.model_alias}; `train` sets it"
        metrics = client.get_run(version.run_id).data.metrics if version.run_id else {}
        facts = [("name", version.name), ("version", str(version.version)), ("alias", settings.model_alias)]
        self.facts = facts + [(name, f"{metrics[name]:.1f} kW") for name in ("mae", "rmse") if name in metrics]
        return None
