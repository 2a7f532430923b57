"""What the nodes read and write outside of memory: what the steps use, by the same functions."""

from typing import Any

from kedro.io import AbstractDataset

from mlstack_common.settings import read
from wind_power import history, train
from wind_power.database import Database
from wind_power.settings import History, Train


class Measurements(AbstractDataset[dict[str, Any], tuple]):
    """The table of measurements: saved by what the history is to be made of, loaded as columns and what they were made of."""

    def _load(self) -> tuple:
        return train.rows_of(Database(read(History).database_url.get_secret_value()))

    def _save(self, data: dict[str, Any]) -> None:
        settings = read(History).model_copy(update=data)
        history.write(Database(settings.database_url.get_secret_value()), settings)

    def _describe(self) -> dict[str, Any]:
        return {"table": "measurements"}


class ModelVersion(AbstractDataset[Any, str]):
    """A version of the model in MLflow, with the alias set to it."""

    def _load(self) -> str:
        settings = read(Train)
        from wind_power import registry

        version = registry.version_of(registry.connect(settings), settings)
        return "none" if version is None else str(version.version)

    def _save(self, data: Any) -> None:
        train.publish(read(Train), data)

    def _describe(self) -> dict[str, Any]:
        return {"registry": "MLflow"}
