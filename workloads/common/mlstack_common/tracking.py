"""Variables by which a workload reaches MLflow's tracking server."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

ModelName = Annotated[str, Field(max_length=255, pattern=r"^[^/:@.\s]([^/:@\x00-\x1f\x7f]*[^/:@\s\x00-\x1f\x7f])?$")]
"""Name of a registered model: any letters, and spaces inside. The signs that addresses of MLflow separate names by are left out."""


class TrackingSettings(BaseSettings):
    """Where the tracking server is, the login for it, and how long it is waited for."""

    mlflow_tracking_uri: AnyHttpUrl
    mlflow_tracking_username: str | None = None
    mlflow_tracking_password: SecretStr | None = Field(None, validate_default=True)
    registry_wait: int = Field(60, ge=0)
    """Seconds for which a registry that cannot be reached is tried again at the start."""

    @field_validator("mlflow_tracking_uri")
    @classmethod
    def has_no_login(cls, uri: AnyHttpUrl) -> AnyHttpUrl:
        if uri.username or uri.password:
            raise ValueError("must not hold a login; put it into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD")
        return uri

    # Not a rule of the whole class, which pydantic leaves out while a single variable is wrong.
    @field_validator("mlflow_tracking_password")
    @classmethod
    def has_whole_login(cls, password: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if (password is None) != (others.data.get("mlflow_tracking_username") is None):
            raise ValueError("give MLFLOW_TRACKING_USERNAME and this, or neither")
        return password

    @property
    def tracking_url(self) -> str:
        """The address without a slash at its end."""
        return str(self.mlflow_tracking_uri).rstrip("/")

    @property
    def login(self) -> tuple[str, str] | None:
        """User and password."""
        if self.mlflow_tracking_username is None or self.mlflow_tracking_password is None:
            return None
        return self.mlflow_tracking_username, self.mlflow_tracking_password.get_secret_value()
