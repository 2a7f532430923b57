"""Variables of the server, and of its backup and restore."""

import json
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

HOST = re.compile(r"[A-Za-z0-9.*_-]+(:(\d{1,5}|\*))?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.*_-]+(:\d{1,5})?")
POSTGRESQL = re.compile(r"postgresql(\+psycopg2)?://")
BUCKET = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|gs://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9])(/[A-Za-z0-9._/-]+)?$"
CREDENTIALS = "GCS_CREDENTIALS"
KEY_FILE = ("client_email", "private_key", "token_uri")
"""What the key file of a service account has beside its type."""

Listed = Annotated[list[str], NoDecode, BeforeValidator(lambda text: [part.strip() for part in text.split(",")] if isinstance(text, str) else text)]


def is_key_file(text: str) -> bool:
    """Whether a text is the key file of a service account; other kinds of credentials may run programs or read addresses."""
    try:
        key = json.loads(text)
    except ValueError:
        return False
    return isinstance(key, dict) and key.get("type") == "service_account" and all(isinstance(key.get(part), str) for part in KEY_FILE)


class Storage(BaseSettings):
    """Where runs, models and artifacts are. `DATABASE_URL` is required with, and only with, PostgreSQL."""

    backend: Literal["sqlite", "file", "postgresql"] = "sqlite"
    database_url: SecretStr | None = None
    data: Path = Path("/data")

    @field_validator("database_url")
    @classmethod
    def is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not POSTGRESQL.match(url.get_secret_value()):
            raise ValueError("must begin with postgresql://")
        return url

    @model_validator(mode="after")
    def needs_its_database(self) -> "Storage":
        if (self.backend == "postgresql") != (self.database_url is not None):
            rule = "is required when BACKEND is postgresql" if self.database_url is None else f"is not read when BACKEND is {self.backend}; remove it"
            raise ValueError(f"DATABASE_URL: {rule}")
        return self


class Settings(Storage):
    """`ALLOWED_HOSTS` is required: the names, with their ports, by which clients reach the server."""

    allowed_hosts: Listed = Field(min_length=1)
    cors_origins: Listed = []
    api_host: str = "0.0.0.0"
    api_port: int = Field(5000, ge=1, le=65535)
    admin_username: str | None = Field(None, min_length=1)
    admin_password: SecretStr | None = Field(None, min_length=12)
    artifacts_destination: str | None = Field(None, pattern=BUCKET)
    """A bucket of S3 or of Google Cloud Storage, and a folder in it; default: a folder of the data."""
    mlflow_s3_endpoint_url: AnyHttpUrl | None = None
    """Where a bucket of S3 is; default: AWS."""
    aws_default_region: str = Field("us-east-1", min_length=1)
    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = None
    """Both keys, or neither where the machine itself has the right."""
    gcs_credentials: SecretStr | None = None
    """The key file of a service account, which may write to a bucket of Google Cloud Storage."""
    gcs_endpoint_url: AnyHttpUrl | None = None
    """Where such a bucket is; default: Google. Without credentials it is that of an emulator."""
    workers: int = Field(1, ge=1, le=16)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("allowed_hosts")
    @classmethod
    def are_hosts(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            if host.strip("*:.") == "":
                raise ValueError(f'"{host}" would accept every name; list those by which the server is reached, such as mlflow:5000 or *.example.org')
            if not HOST.fullmatch(host):
                raise ValueError(f'"{host}" is no host; give names without a scheme, such as mlflow:5000')
        return hosts

    @field_validator("cors_origins")
    @classmethod
    def are_origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if not ORIGIN.fullmatch(origin) or origin.partition("://")[2].strip("*:.") == "":
                raise ValueError(f'"{origin}" is no origin; give scheme and host, such as https://app.example.org')
        return origins

    @model_validator(mode="after")
    def both_or_neither(self) -> "Settings":
        if (self.admin_username is None) != (self.admin_password is None):
            missing = "ADMIN_PASSWORD" if self.admin_password is None else "ADMIN_USERNAME"
            raise ValueError(f"{missing}: is required too; give both for basic authentication, or neither")
        return self

    @model_validator(mode="after")
    def both_keys_or_neither(self) -> "Settings":
        if (self.aws_access_key_id is None) != (self.aws_secret_access_key is None):
            missing = "AWS_SECRET_ACCESS_KEY" if self.aws_secret_access_key is None else "AWS_ACCESS_KEY_ID"
            raise ValueError(f"{missing}: is required too; give both keys, or neither")
        return self

    @field_validator("gcs_credentials")
    @classmethod
    def is_key_file(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not is_key_file(given.get_secret_value()):
            raise ValueError("must be the key file of a service account, as it was downloaded: JSON with type, client_email, private_key and token_uri")
        return given

    @model_validator(mode="after")
    def needs_credentials(self) -> "Settings":
        if (self.artifacts_destination or "").startswith("gs://") and self.gcs_credentials is None and self.gcs_endpoint_url is None:
            raise ValueError(f"{CREDENTIALS}: is required with a bucket of Google Cloud Storage: the key file of a service account")
        return self

    @property
    def gcs_endpoint(self) -> str | None:
        """The address without a slash at its end."""
        return self.gcs_endpoint_url and str(self.gcs_endpoint_url).rstrip("/")

    @property
    def s3_endpoint(self) -> str | None:
        """The address without a slash at its end."""
        return self.mlflow_s3_endpoint_url and str(self.mlflow_s3_endpoint_url).rstrip("/")

    @property
    def s3_addressing(self) -> str:
        """Stores other than AWS have no host name for each bucket."""
        return "auto" if self.mlflow_s3_endpoint_url is None else "path"

    @property
    def s3_login(self) -> dict[str, str]:
        """The keys as a client takes them."""
        if self.aws_access_key_id is None or self.aws_secret_access_key is None:
            return {}
        return {
            "aws_access_key_id": self.aws_access_key_id.get_secret_value(),
            "aws_secret_access_key": self.aws_secret_access_key.get_secret_value(),
        }
