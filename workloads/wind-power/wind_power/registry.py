"""The registry, by MLflow's own client: training writes a version, inference follows an alias."""

import hashlib
import logging
import os
import tempfile
from pathlib import Path

import numpy as np
from lightgbm import Booster
from lightgbm import __version__ as lightgbm_version

from mlstack_common import tracking_server
from wind_power import model
from wind_power.settings import ModelSettings, Train

DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "GIT_PYTHON_REFRESH": "quiet",
    "LOGNAME": "wind-power",  # the user has no entry in /etc/passwd; runs are logged under this name
}
"""The library sends nothing to its makers, prints only warnings, and lets the step decide when it is tried again."""

for name, value in DEFAULTS.items():
    os.environ.setdefault(name, value)
logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)  # it misses pip, which this image lacks on purpose
logging.getLogger("urllib3").setLevel(logging.ERROR)  # each attempt of a registry that is away; the step says it once

import mlflow.lightgbm  # noqa: E402  it reads the variables once
from mlflow.entities.model_registry import ModelVersion  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402

ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What the registry answers for a model, or an alias, that is not there."""


def connect(settings: ModelSettings) -> mlflow.MlflowClient:
    """A client; it asks nothing yet."""
    mlflow.set_tracking_uri(settings.tracking_url)
    return mlflow.MlflowClient(settings.tracking_url)


def version_of(client: mlflow.MlflowClient, settings: ModelSettings) -> ModelVersion | None:
    """The version that the alias leads to now."""
    try:
        return client.get_model_version_by_alias(settings.model_name, settings.model_alias)
    except MlflowException as error:
        if error.error_code in ABSENT:
            return None
        raise


def download(version: ModelVersion) -> Path:
    """The files of a version in a folder of their own, which the caller removes."""
    folder = tempfile.mkdtemp(prefix="model-")
    return Path(mlflow.artifacts.download_artifacts(f"models:/{version.name}/{version.version}", dst_path=folder))


def refusal_of(settings: ModelSettings, error: MlflowException) -> str:
    """One line for what the registry refused, or why it does not answer."""
    status = error.get_http_status_code() if error.error_code != "INTERNAL_ERROR" else 0
    return tracking_server.refusal_of(settings.tracking_url, error, status)


def reach(settings: Train) -> mlflow.MlflowClient:
    """A client for a registry that answers; it may still be starting, so it is tried for `registry_wait` seconds.

    Raises:
        Failure: it does not answer.
    """
    tracking_server.reach(settings)
    client = connect(settings)
    mlflow.set_experiment(settings.experiment)
    return client


def find(client: mlflow.MlflowClient, settings: ModelSettings, tag: str, value: str) -> str | None:
    """The newest version of the model with a tag of this value."""
    name = settings.model_name.replace("'", "''")
    found = [version for version in client.search_model_versions(f"name = '{name}'") if version.tags.get(tag) == value]
    return str(max(int(version.version) for version in found)) if found else None


def register(client: mlflow.MlflowClient, settings: ModelSettings, booster: Booster, rows: np.ndarray, beside: Path, tags: dict[str, str]) -> tuple[str, str]:
    """Logs the model as MLflow's own flavour, with the files of `beside`, and makes it the newest version; its number and its SHA-256.

    It is read back and proved before any client can see the version.
    """
    given = infer_signature(rows, model.predict(booster, rows))
    logged = mlflow.lightgbm.log_model(booster, name="model", signature=given, pip_requirements=[f"lightgbm=={lightgbm_version}"])
    client.log_model_artifacts(logged.model_id, str(beside))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(mlflow.artifacts.download_artifacts(logged.model_uri, dst_path=name))
        sha256 = hashlib.sha256((folder / model.FILE).read_bytes()).hexdigest()
        model.load(folder, sha256)
    try:
        client.create_registered_model(settings.model_name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    version = client.create_model_version(
        settings.model_name, logged.model_uri, run_id=logged.run_id, model_id=logged.model_id, tags={model.SHA256: sha256, **tags}
    )
    return str(version.version), sha256
