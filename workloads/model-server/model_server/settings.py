"""Variables of the server."""

import importlib.util
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from mlstack_common.tracking import ModelName, TrackingSettings


class Settings(TrackingSettings):
    """Which version is served, and how."""

    model_name: ModelName
    model_version: int = Field(ge=1)
    """The number behind an alias at the time of the deployment: a server never changes its model by itself."""
    model_sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the version's checksums.json; default: any."""
    api_host: str = "0.0.0.0"
    api_port: int = Field(8000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)
    """Processes that answer; each holds the model once."""
    max_rows: int = Field(1000, ge=1)
    """Most rows of one request."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    feast_registry_uri: str | None = Field(None, pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$")
    """Host and port of Feast's registry server; with it, `/predict/feast` is answered."""
    feast_project: str = Field("mlstack", pattern=r"^[A-Za-z0-9][A-Za-z0-9_]*$")
    feast_feature_service: str | None = Field(None, min_length=1)
    """The service that has the model's columns; default: named as the model."""
    feast_online_enabled: bool = True
    """Whether Redis is asked; otherwise the files answer everything."""
    feast_data: Path = Field(Path("/data/features"), validate_default=True)
    redis_host: str | None = Field(None, min_length=1, validate_default=True)
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_password: SecretStr | None = None

    @field_validator("feast_registry_uri")
    @classmethod
    def feast_is_there(cls, uri: str | None) -> str | None:
        if uri is not None and importlib.util.find_spec("feast") is None:
            raise ValueError("this image has no Feast; take the one of the target runtime-feast, or leave this out")
        return uri

    # The two below ask whether the registry was given, and not whether it was right.
    @field_validator("feast_data")
    @classmethod
    def has_files(cls, folder: Path, others: ValidationInfo) -> Path:
        if others.data.get("feast_registry_uri", True) and not folder.is_dir():
            raise ValueError(f"{folder} is not a folder; mount the volume with the features there")
        return folder

    @field_validator("redis_host")
    @classmethod
    def has_redis(cls, host: str | None, others: ValidationInfo) -> str | None:
        if host is None and others.data.get("feast_registry_uri", True) and others.data.get("feast_online_enabled", True):
            raise ValueError("is required while FEAST_ONLINE_ENABLED is true")
        return host

    @property
    def feature_service(self) -> str:
        """The feature service to ask."""
        return self.feast_feature_service or self.model_name

    @property
    def title(self) -> str:
        """How lines of the log name the version."""
        return f"{self.model_name} version {self.model_version}"
