"""The registry: a version is registered whole or not at all, and read back with its checksums."""

import json
import tempfile
from pathlib import Path

import mlflow
import onnx
from mlflow.exceptions import MlflowException
from mlflow.models.model import ModelInfo

from mlstack_common import tracking_server
from mlstack_common.ending import Exit, Failure, first_line
from model_trainer import export
from model_trainer.settings import Settings

SHA256 = "mlstack.sha256"
"""Tag of a version: the SHA-256 of its checksums.json."""


def connect(settings: Settings) -> mlflow.MlflowClient:
    """A client for a registry that answers; it may still be starting, so it is tried for `registry_wait` seconds.

    Raises:
        Failure: it does not answer.
    """
    tracking_server.reach(settings)
    mlflow.set_tracking_uri(settings.tracking_url)
    mlflow.set_experiment(settings.experiment)
    return mlflow.MlflowClient(settings.tracking_url)


def register(client: mlflow.MlflowClient, settings: Settings, logged: ModelInfo, files: dict[str, bytes]) -> tuple[str, str]:
    """Makes a logged model the newest version, with the other files and the checksums beside it; its number and its SHA-256.

    All files are read back before any client can see the version.
    """
    checksums = export.checksums_of(files)
    with tempfile.TemporaryDirectory() as name:
        for file, data in (files | {export.CHECKSUMS: checksums}).items():
            if file != export.MODEL:
                (Path(name) / file).write_bytes(data)
        client.log_model_artifacts(logged.model_id, name)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(mlflow.artifacts.download_artifacts(logged.model_uri, dst_path=name))
        for file, data in (files | {export.CHECKSUMS: checksums}).items():
            if (folder / file).read_bytes() != data:
                raise Failure(Exit.FAILED, f"{settings.tracking_url} gives {file} back with other bytes than it was sent; nothing was registered")
    ensure(client, settings.model_name)
    sha256 = export.sha256(checksums)
    version = client.create_model_version(
        settings.model_name, logged.model_uri, run_id=logged.run_id, model_id=logged.model_id, tags={SHA256: sha256}
    )
    return str(version.version), sha256


def ensure(client: mlflow.MlflowClient, name: str) -> None:
    """Creates the model where there is none; another training may create it just now."""
    try:
        client.get_registered_model(name)
        return
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def fetch(client: mlflow.MlflowClient, settings: Settings) -> tuple[str, bytes]:
    """The number of the alias' version and its model, verified against its checksums, and they against the tag.

    Raises:
        Failure: no version has the alias, or it is not what was registered.
    """
    name = f"{settings.model_name}@{settings.model_alias}"
    try:
        version = client.get_model_version_by_alias(settings.model_name, settings.model_alias)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise Failure(Exit.DATA, f"{name}: no version has this alias; train one first, or set the alias") from error
        raise
    title = f"{settings.model_name} version {version.version}"
    try:
        folder = Path(mlflow.artifacts.download_artifacts(f"models:/{settings.model_name}/{version.version}", dst_path=tempfile.mkdtemp()))
        checksums = (folder / export.CHECKSUMS).read_bytes()
        expected = json.loads(checksums)
        if export.sha256(checksums) != version.tags.get(SHA256):
            raise Failure(Exit.DATA, f"{title}: {export.CHECKSUMS} is not the file that was registered (tag {SHA256})")
        for file in sorted({export.GOLDEN, export.MODEL, *expected}):  # a version of before has no reference
            if export.sha256((folder / file).read_bytes()) != expected.get(file):
                raise Failure(Exit.DATA, f"{title}: {file} is not the file that was registered; register it again by training")
    except (OSError, ValueError) as error:
        raise Failure(Exit.DATA, f"{title} is not whole: {first_line(error)}") from error
    return str(version.version), (folder / export.MODEL).read_bytes()


def log_model(model: onnx.ModelProto) -> ModelInfo:
    """Sends the model as MLflow's own ONNX flavour, so that `models:/name/version` works with every MLflow client."""
    needed = [f"onnx=={onnx.__version__}", f"onnxruntime=={export.ort.__version__}"]
    return mlflow.onnx.log_model(model, name="model", pip_requirements=needed, save_as_external_data=False)


def refusal_of(settings: Settings, error: MlflowException) -> str:
    """One line for what the registry refused."""
    status = error.get_http_status_code() if error.error_code != "INTERNAL_ERROR" else 0
    return tracking_server.refusal_of(settings.tracking_url, error, status)
