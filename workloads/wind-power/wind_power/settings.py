"""Variables of the steps: a class for each, since each refuses what it needs and lacks."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from mlstack_common.tracking import ModelName, TrackingSettings

SQLITE, POSTGRESQL = "sqlite:////", "postgresql://"


def not_reserved(alias: str) -> str:
    """MLflow refuses these, and only after the training."""
    if re.fullmatch("latest|v[0-9]+", alias, re.IGNORECASE):
        raise ValueError(f"must not be latest, nor v and a number, which MLflow reserves, got {alias!r}")
    return alias


Alias = Annotated[str, Field(max_length=255, pattern=r"^[A-Za-z0-9_-]+$"), AfterValidator(not_reserved)]


class LogSettings(BaseSettings):
    """What each step logs."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


def is_address(url: str) -> bool:
    """Whether it names a host and a database, and its port, if it has one, is a number."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname and parts.path.strip("/")) and parts.port != 0
    except ValueError:
        return False


class DatabaseSettings(LogSettings):
    """Where the rows are."""

    database_url: SecretStr = SecretStr("sqlite:////app/data/wind.db")
    """`sqlite:////FOLDER/FILE`, or `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`."""

    @field_validator("database_url")
    @classmethod
    def is_known(cls, url: SecretStr) -> SecretStr:
        text = url.get_secret_value()
        if not (text.startswith(POSTGRESQL) or (text.startswith(SQLITE) and len(text) > len(SQLITE))):
            raise ValueError(f"must begin with {SQLITE} and name a file, or with {POSTGRESQL}")
        if text.startswith(POSTGRESQL) and not is_address(text):
            raise ValueError("is no address of a database; write postgresql://user:password@host:5432/name")
        return url


class ModelSettings(TrackingSettings):
    """Which registered model is meant."""

    model_name: ModelName = "wind-power"
    model_alias: Alias = "champion"
    """Training sets it, and inference follows it."""


class SeedSettings(BaseSettings):
    """What generated rows depend on."""

    seed: int = Field(7, ge=0, le=2**31)


class History(DatabaseSettings, SeedSettings):
    """Variables of `history`."""

    history_rows: int = Field(4320, ge=288, le=500_000)
    """Rows before the live ones, ten minutes each; 4320 are thirty days."""
    data_version: str = Field("1", min_length=1, max_length=255)
    """Another one replaces the rows, as another seed does."""
    database_wait: int = Field(60, ge=0)
    """Seconds for which a database that cannot be used is tried again."""


class Train(DatabaseSettings, ModelSettings):
    """Variables of `train`."""

    experiment: str = Field("wind-power", min_length=1)
    rounds: int = Field(150, ge=1, le=10_000)
    leaves: int = Field(15, ge=2, le=1024)
    learning_rate: float = Field(0.08, gt=0, le=1)
    holdout: float = Field(0.2, gt=0, lt=0.9)
    """Share of the history, its newest rows, that is left out of the training and measured on."""
    training_seed: int = Field(7, ge=0, le=2**31)
    database_wait: int = Field(60, ge=0)
    """Seconds for which the database and the rows of `history` are waited for."""


class AlwaysSettings(DatabaseSettings):
    """What the steps that never end have in common."""

    step_port: int = Field(9400, ge=1, le=65_535)
    """Where `/healthz` and `/metrics` are."""
    step_stale_after: float = Field(60, ge=5)
    """Seconds without a success, and without a wait for what it needs, after which a step is ill and ends itself."""
    step_heartbeat: Path | None = None
    """File that is touched at each success and each wait."""


class Inference(AlwaysSettings, ModelSettings):
    """Variables of `inference`."""

    poll_interval: float = Field(5, ge=0.1, le=3600)
    """Seconds between two looks for rows without a prediction, and for another version of the model."""


class Stream(AlwaysSettings, SeedSettings):
    """Variables of `stream`."""

    stream_interval: float = Field(5, ge=0.05, le=3600)
    """Seconds between two rows; their own times are ten minutes apart."""


class Ui(DatabaseSettings, ModelSettings):
    """Variables of `ui`; without a tracking server it shows no model."""

    mlflow_tracking_uri: AnyHttpUrl | None = None  # type: ignore[assignment]
    mlflow_ui_uri: AnyHttpUrl | None = None
    """Where a browser finds MLflow; default: no link."""
    kedro_viz_uri: AnyHttpUrl | None = None
    """Where a browser finds the pipeline's graph; default: no link."""
    api_host: str = "0.0.0.0"
    api_port: int = Field(8050, ge=1, le=65_535)

    @field_validator("mlflow_tracking_uri")
    @classmethod
    def has_no_login(cls, uri: AnyHttpUrl | None) -> AnyHttpUrl | None:
        return None if uri is None else super().has_no_login(uri)


class KedroViz(LogSettings):
    """Variables of `kedro-viz`."""

    api_host: str = "0.0.0.0"
    api_port: int = Field(4141, ge=1, le=65_535)
    kedro_project: Path = Path("/app/kedro")
