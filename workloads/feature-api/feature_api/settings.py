"""Variables of the API."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """`REDIS_HOST` is required with the Redis back end."""

    feature_store_backend: Literal["redis", "parquet"] = "redis"
    redis_host: str | None = None
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_password: SecretStr | None = None
    storage_base_dir: Path = Path("/app/data/features")
    api_host: str = "0.0.0.0"
    api_port: int = Field(8000, ge=1, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def redis_needs_a_host(self) -> "Settings":
        if self.feature_store_backend == "redis" and not self.redis_host:
            raise ValueError("REDIS_HOST: is required when FEATURE_STORE_BACKEND is redis")
        return self
