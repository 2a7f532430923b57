"""Variables of the server."""

import importlib.util
from pathlib import Path
from typing import Literal

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """What the environment says: which version, where the registry is, how to serve."""

    model_name: str = Field(max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]*$")
    model_version: int = Field(ge=1)
    """The number that an alias stood for when the deployment was made: a server never changes its model by itself."""
    model_sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the version's checksums.json; default: any."""
    mlflow_tracking_uri: AnyHttpUrl
    mlflow_tracking_username: str | None = None
    mlflow_tracking_password: SecretStr | None = Field(None, validate_default=True)
    registry_wait: int = Field(60, ge=0)
    """Seconds for which a registry that cannot be reached is tried again at the start."""
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

    @field_validator("mlflow_tracking_uri")
    @classmethod
    def has_no_login(cls, uri: AnyHttpUrl) -> AnyHttpUrl:
        if uri.username or uri.password:
            raise ValueError("must not hold a login; put it into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD")
        return uri

    # Not a rule of the whole, which pydantic would leave out while a single variable is wrong.
    @field_validator("mlflow_tracking_password")
    @classmethod
    def whole_login(cls, password: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if (password is None) != (others.data.get("mlflow_tracking_username") is None):
            raise ValueError("give MLFLOW_TRACKING_USERNAME and this, or neither")
        return password

    @field_validator("feast_registry_uri")
    @classmethod
    def feast_is_there(cls, uri: str | None) -> str | None:
        if uri is not None and importlib.util.find_spec("feast") is None:
            raise ValueError("this image has no Feast; take the one of the target runtime-feast, or leave this out")
        return uri

    # The two after it ask whether the registry was given, and not whether it was right.
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
            raise ValueError("Field required while FEAST_ONLINE_ENABLED is true")
        return host

    @property
    def feature_service(self) -> str:
        """The feature service to ask."""
        return self.feast_feature_service or self.model_name

    @property
    def login(self) -> tuple[str, str] | None:
        """User and password for the registry."""
        if self.mlflow_tracking_username is None or self.mlflow_tracking_password is None:
            return None
        return self.mlflow_tracking_username, self.mlflow_tracking_password.get_secret_value()

    @property
    def title(self) -> str:
        """How lines of the log name the version."""
        return f"{self.model_name} version {self.model_version}"
